//! The few texts that the engine says by itself.

/// What a customer reads when a session cannot go on.
pub(crate) fn fault(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or(language) {
        "cs" => "Omlouváme se, tady se něco pokazilo. Zkuste to prosím později.",
        "sk" => "Ospravedlňujeme sa, tu sa niečo pokazilo. Skúste to prosím neskôr.",
        "pl" => "Przepraszamy, coś poszło nie tak. Proszę spróbować później.",
        "pt" => "Desculpe, algo correu mal. Tente mais tarde, por favor.",
        _ => "We are sorry, something went wrong here. Please try again later.",
    }
}
