// Generated from docs/chat-api.json by api-types/generate.mjs. Do not edit: run `npm run build`.

export interface paths {
    "/api/v1/scenarios/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Returns the public facts of a scenario. Every site can read why it is refused, so that the widget of a
         *     site that is not set up can say so.
         */
        get: operations["facts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts a session of a published scenario. */
        post: operations["start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Returns the session, as its customer may see it. */
        get: operations["resume"];
        put?: never;
        post?: never;
        /** Erases all data of the session. */
        delete: operations["erase"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sends a message to the session: the answer to what it waits for. */
        post: operations["answer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends the session. */
        post: operations["end"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Streams the events of the session, first those after `Last-Event-ID` and then new ones.
         * @description `chat` is an event of the session, with its number as the id. `waits` says what the session waits
         *     for, after each turn. `working` says that a call to one of the shop's systems is under way.
         */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Returns all data of the session that its customer may have. */
        get: operations["export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/files/{n}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Returns a file that the session offered. */
        get: operations["file"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A customer's message: either a text or a press. */
        AnswerRequest: {
            /**
             * Format: int64
             * @description The number of the last event that the customer had seen; `behind` if there are newer ones.
             */
            after?: number | null;
            /**
             * @description An id that the client chooses, 1 to 64 visible ASCII characters. A message that is sent again
             *     under the same id is processed only once.
             */
            id: string;
            /** @description The id of the button or choice that the customer pressed. */
            press?: string | null;
            /** @description The text that the customer wrote. */
            text?: string | null;
        };
        /** @description The result of a turn. */
        Answered: {
            /** @description The events of the turn. */
            events: components["schemas"]["Event"][];
            /** @description What the session waits for after the turn. */
            waits: components["schemas"]["Waits"];
        };
        /** @description A button or a choice. */
        Choice: {
            /** @description The value to send as `press`. */
            id: string;
            /** @description The text on the button or of the choice. */
            label: string;
        };
        /** @description An event of a session. Events are numbered from 1. */
        Event: components["schemas"]["EventKind"] & {
            /**
             * Format: date-time
             * @description The time of the event, in RFC 3339 and UTC.
             */
            at: string;
            /**
             * Format: int64
             * @description The event's number.
             */
            n: number;
        };
        /** @description What happened. */
        EventKind: {
            /** @enum {string} */
            kind: "said";
            /** @description The customer's words; `•••` for an answer that was saved in a hidden variable. */
            text: string;
        } | {
            /** @enum {string} */
            kind: "message";
            /** @description The message. */
            text: string;
        } | {
            /** @description Whether the question is asked again because the last answer did not fit. */
            again: boolean;
            /** @description The choices, if the answer is one of them. */
            choices?: components["schemas"]["Choice"][];
            /** @description The expected form of the answer. */
            expect: components["schemas"]["Expect"];
            /** @enum {string} */
            kind: "ask";
            /** @description The question. */
            text: string;
        } | {
            /** @description Whether the buttons are offered again because the last answer was not one of them. */
            again: boolean;
            /** @description The buttons. */
            buttons: components["schemas"]["Choice"][];
            /** @enum {string} */
            kind: "buttons";
            /** @description The text above the buttons. */
            text: string;
        } | {
            /** @description The path of the file at the server. */
            href: string;
            /** @enum {string} */
            kind: "file";
            /** @description The file's media type. */
            "media-type": string;
            /** @description The file's name. */
            name: string;
            /**
             * Format: int64
             * @description The file's size in bytes.
             */
            size: number;
        } | {
            /** @enum {string} */
            kind: "handover";
            /** @description The message to the customer. */
            text?: string | null;
        } | {
            /** @enum {string} */
            kind: "end";
            /** @description The message to the customer. */
            text?: string | null;
        };
        /**
         * @description The expected form of an answer.
         * @enum {string}
         */
        Expect: "text" | "order-number" | "email" | "phone" | "number" | "date" | "choice" | "pattern";
        /** @description All data of a session that its customer may have. */
        Export: {
            /** @description All events. */
            events: components["schemas"]["Event"][];
            /**
             * Format: date-time
             * @description The time at which the session was finished, if it is.
             */
            "finished-at"?: string | null;
            /** @description The language of the session. */
            language: string;
            /** @description The scenario's name. */
            scenario: string;
            /** @description The session's public name. */
            session: string;
            /**
             * Format: date-time
             * @description The time at which the session was started.
             */
            "started-at": string;
            /** @description The values of all variables that are not hidden. */
            variables: Record<string, unknown>;
        };
        /**
         * @description Why a session is finished.
         * @enum {string}
         */
        Finish: "end" | "handover" | "fault";
        /**
         * @description Why a request was refused.
         * @enum {string}
         */
        ProblemCode: "not-found" | "bad-request" | "origin-refused" | "token-refused" | "method-not-allowed" | "too-large" | "unsupported-media-type" | "too-many" | "turn-under-way" | "behind" | "idempotency-conflict" | "not-waiting" | "scenario-suspended" | "unavailable";
        /** @description The body of an error response, `application/problem+json`. */
        ProblemDocument: {
            /** @description The problem, for programs. */
            code: components["schemas"]["ProblemCode"];
            /**
             * Format: int32
             * @description The HTTP status code.
             */
            status: number;
            /** @description The problem, for people. */
            title: string;
            /** @description Always `about:blank`; `code` says what the problem is. */
            type: string;
        };
        /** @description A session, as its customer may see it. */
        Resumed: {
            /** @description All events. */
            events: components["schemas"]["Event"][];
            /** @description The language of the session. */
            language: string;
            /** @description The session's public name. */
            session: string;
            /** @description The scenario's title. */
            title: string;
            /** @description The values of all variables that are not hidden. */
            variables: Record<string, unknown>;
            /** @description What the session waits for. */
            waits: components["schemas"]["Waits"];
        };
        /** @description The public facts of a published scenario. */
        ScenarioFacts: {
            /** @description The languages of the scenario. */
            languages: string[];
            /** @description The scenario's name. */
            name: string;
            /** @description The scenario's title, in its first language or in the one that was asked for. */
            title: string;
        };
        /** @description A request to start a session. */
        StartRequest: {
            /** @description Values of the inputs that the scenario takes from the page. */
            inputs?: Record<string, unknown>;
            /**
             * @description The customer's language. If the scenario does not have it, the session uses the scenario's
             *     first language.
             */
            language?: string;
            /** @description The scenario's name. */
            scenario: string;
            /** @description A JWT of the shop's server with the inputs that the scenario takes signed. It is used once. */
            token?: string | null;
        };
        /** @description A new session. */
        Started: {
            /** @description All events so far. */
            events: components["schemas"]["Event"][];
            /** @description The language of the session. */
            language: string;
            /** @description The session's public name. */
            session: string;
            /** @description The scenario's title. */
            title: string;
            /** @description The token that opens the session. It is shown only here. */
            token: string;
            /** @description What the session waits for. */
            waits: components["schemas"]["Waits"];
        };
        /** @description What a session waits for. */
        Waits: {
            /** @description The choices, if the answer is one of them. */
            choices?: components["schemas"]["Choice"][];
            /** @description The expected form of the answer. */
            expect: components["schemas"]["Expect"];
            /** @enum {string} */
            for: "answer";
        } | {
            /** @description The buttons. */
            buttons: components["schemas"]["Choice"][];
            /** @enum {string} */
            for: "button";
        } | {
            /** @enum {string} */
            for: "nothing";
            /** @description Why the session is finished. */
            reason: components["schemas"]["Finish"];
        } | {
            /** @enum {string} */
            for: "call";
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AnswerRequest = components['schemas']['AnswerRequest'];
export type Answered = components['schemas']['Answered'];
export type Choice = components['schemas']['Choice'];
export type Event = components['schemas']['Event'];
export type EventKind = components['schemas']['EventKind'];
export type Expect = components['schemas']['Expect'];
export type Export = components['schemas']['Export'];
export type Finish = components['schemas']['Finish'];
export type ProblemCode = components['schemas']['ProblemCode'];
export type ProblemDocument = components['schemas']['ProblemDocument'];
export type Resumed = components['schemas']['Resumed'];
export type ScenarioFacts = components['schemas']['ScenarioFacts'];
export type StartRequest = components['schemas']['StartRequest'];
export type Started = components['schemas']['Started'];
export type Waits = components['schemas']['Waits'];
export type $defs = Record<string, never>;
export interface operations {
    facts: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The scenario's name */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The facts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScenarioFacts"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    start: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartRequest"];
            };
        };
        responses: {
            /** @description The new session */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resumed"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    erase: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session was erased */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    answer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerRequest"];
            };
        };
        responses: {
            /** @description The turn, or the saved turn of a repeated message */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answered"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    end: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last turn */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answered"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: never;
            header?: {
                /** @description The number of the last event that the client has */
                "Last-Event-ID"?: string | null;
            };
            path: {
                /** @description The session's public name */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["Event"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    export: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Export"];
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
    file: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name */
                id: string;
                /** @description The number of the event that offered the file */
                n: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file, as a download */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The server cannot process the request now */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
            /** @description The request was refused */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ProblemDocument"];
                };
            };
        };
    };
}
