//! What every back end promises: suites for the tests of a back end (feature `contract`).
//!
//! Each takes an empty store, and panics where a promise is broken.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{
    Attachment, FailedAttempt, NewMessage, NewSession, RevisionRecord, SessionQuery,
    SessionVersion, Store, StoredEvent, SweepCutoffs, Swept, TurnStep, TurnUnderWay, Update,
};
use crate::error::StoreError;
use crate::random::random;

/// A lease that does not end during a test.
const LEASE: Duration = Duration::from_secs(600);

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a moment of our time")
}

fn revision(digest: &str) -> RevisionRecord {
    RevisionRecord {
        digest: digest.to_owned(),
        scenario: "echo".to_owned(),
        documents: vec!["{\"a\": 1}".to_owned(), "{}".to_owned()],
        components: vec![format!("component of {digest}")],
    }
}

async fn keep(store: &dyn Store, digest: &str) {
    let component = (format!("component of {digest}"), Arc::from(&b"\0asm"[..]));
    let kept = store.keep_revision(revision(digest), vec![component]).await;
    kept.expect("a revision is kept");
}

fn new_session(id: &str) -> NewSession {
    NewSession {
        id: id.to_owned(),
        token: [7; 32],
        scenario: "echo".to_owned(),
        revision: "r1".to_owned(),
        language: "cs".to_owned(),
        channel: "chat".to_owned(),
    }
}

/// A step with one event, after which the session waits for its customer.
fn step(number: u64) -> TurnStep {
    TurnStep {
        at: moment(0),
        state: format!("{{\"state\": {number}}}"),
        waits: "{\"for\":\"answer\"}".to_owned(),
        finished: false,
        events: vec![event(number)],
        files: Vec::new(),
        last_event: number,
        message: None,
        turn: None,
        lease: LEASE,
        answered: None,
        variables: None,
        failed: Vec::new(),
        addresses: Vec::new(),
        proven: Vec::new(),
        taken_back: Vec::new(),
    }
}

fn event(n: u64) -> StoredEvent {
    let event = format!("{{\"n\": {n}, \"text\": \"Žluťoučký \\u0000 kůň\"}}");
    StoredEvent { n, event }
}

fn message(id: &str) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        digest: [3; 32],
    }
}

async fn create(store: &dyn Store, id: &str) {
    let created = store.create(new_session(id), step(1)).await;
    created.expect("a session is stored");
}

/// Sessions: steps are whole, one of two writers wins, leases end, answers are repeated, and what is
/// erased is gone.
///
/// # Panics
/// A promise is broken.
#[expect(
    clippy::too_many_lines,
    reason = "one session from its start to its end"
)]
pub async fn sessions(store: &dyn Store) {
    keep(store, "r1").await;
    assert!(store.session("s1", None).await.expect("reads").is_none());
    create(store, "s1").await;
    let found = store.session("s1", Some("m1")).await.expect("reads");
    let found = found.expect("the session is there");
    let whole = (
        found.scenario,
        found.revision,
        found.language,
        found.channel,
    );
    let named = ["echo", "r1", "cs", "chat"].map(str::to_owned);
    assert_eq!([whole.0, whole.1, whole.2, whole.3], named);
    assert_eq!(
        (found.token, found.version, found.last_event),
        ([7; 32], 1, 1)
    );
    assert_eq!(found.state.as_deref(), Some("{\"state\": 1}"));
    assert_eq!(found.event_bytes, event(1).event.len() as u64);
    assert!(found.turn.is_none() && found.message.is_none() && found.finished_at.is_none());
    assert_eq!(found.started_at, moment(0));

    // A turn that begins and waits for a call.
    let under_way = TurnUnderWay {
        message: Some("m1".to_owned()),
        first_event: 2,
    };
    let begun = TurnStep {
        message: Some(message("m1")),
        turn: Some(under_way.clone()),
        ..step(2)
    };
    store.commit("s1", 1, begun).await.expect("commits");
    let found = store
        .session("s1", Some("m1"))
        .await
        .expect("reads")
        .expect("there");
    assert_eq!(found.turn, Some(under_way));
    assert!(!found.lease_ended);
    let known = found.message.expect("the message is there");
    assert!(known.digest == [3; 32] && known.answer.is_none());
    let conflict = store.take_over("s1", 2, LEASE).await;
    assert!(
        matches!(conflict, Err(StoreError::Conflict)),
        "the lease has not ended"
    );

    // Its end. The loser of two writers changes nothing.
    let ended = || TurnStep {
        answered: Some(("m1".to_owned(), 2)),
        files: vec![Attachment {
            n: 3,
            name: "label.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            content: Arc::from(&b"%PDF\0"[..]),
        }],
        ..step(3)
    };
    store.commit("s1", 2, ended()).await.expect("commits");
    let lost = store.commit("s1", 2, ended()).await;
    assert!(matches!(lost, Err(StoreError::Conflict)));
    let found = store
        .session("s1", Some("m1"))
        .await
        .expect("reads")
        .expect("there");
    assert_eq!((found.version, found.last_event), (3, 3));
    let bytes = (1..=3).map(|n| event(n).event.len() as u64);
    assert_eq!(found.event_bytes, bytes.sum::<u64>());
    let answer = found.message.and_then(|message| message.answer);
    let answer = answer.expect("the answer is saved");
    assert_eq!(answer.events, [event(2), event(3)]);
    assert_eq!(answer.waits, "{\"for\":\"answer\"}");
    let events = store.events("s1", 1, u64::MAX).await.expect("reads");
    assert_eq!(events, [event(2), event(3)]);
    let file = store.file("s1", 3).await.expect("reads").expect("there");
    assert_eq!((&*file.name, &*file.content), ("label.pdf", &b"%PDF\0"[..]));
    assert!(store.file("s1", 2).await.expect("reads").is_none());

    // A turn of one step.
    let whole = TurnStep {
        message: Some(message("m2")),
        answered: Some(("m2".to_owned(), 4)),
        ..step(4)
    };
    store.commit("s1", 3, whole).await.expect("commits");
    let found = store
        .session("s1", Some("m2"))
        .await
        .expect("reads")
        .expect("there");
    let answer = found.message.and_then(|message| message.answer);
    assert_eq!(answer.map(|answer| answer.events), Some(vec![event(4)]));

    // A lease that ends is found and taken over, once.
    let begun = TurnStep {
        turn: Some(TurnUnderWay {
            message: None,
            first_event: 5,
        }),
        lease: Duration::ZERO,
        ..step(5)
    };
    store.commit("s1", 4, begun).await.expect("commits");
    assert_eq!(store.interrupted().await.expect("reads"), ["s1"]);
    let found = store
        .session("s1", None)
        .await
        .expect("reads")
        .expect("there");
    assert!(found.lease_ended);
    store.take_over("s1", 5, LEASE).await.expect("takes over");
    let second = store.take_over("s1", 5, LEASE).await;
    assert!(matches!(second, Err(StoreError::Conflict)));
    store
        .renew(vec!["s1".to_owned(), "s2".to_owned()], LEASE)
        .await
        .expect("renews");
    assert!(store.interrupted().await.expect("reads").is_empty());

    // Erased is gone, and cannot be written any more.
    assert!(store.erase("s1").await.expect("erases"));
    assert!(!store.erase("s1").await.expect("erases"));
    assert!(
        store
            .session("s1", Some("m1"))
            .await
            .expect("reads")
            .is_none()
    );
    assert!(
        store
            .events("s1", 0, u64::MAX)
            .await
            .expect("reads")
            .is_empty()
    );
    let late = store.commit("s1", 6, step(6)).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
}

/// Attempts: those of a step count with it, for each subject, in the window, and with no other step.
///
/// # Panics
/// A promise is broken.
pub async fn attempts(store: &dyn Store) {
    keep(store, "r1").await;
    create(store, "s1").await;
    let subjects = [("a", 10), ("b", 3), ("c", 10)].map(|(name, most)| (name.to_owned(), most));
    let failed = |at: i64, guess: &str, subjects: &[&str]| FailedAttempt {
        subjects: subjects.iter().map(|&subject| subject.to_owned()).collect(),
        guess: guess.to_owned(),
        at: moment(at),
    };
    let with = |failed: Vec<FailedAttempt>, number| TurnStep {
        failed,
        ..step(number)
    };
    let first = with(
        vec![failed(10, "1", &["a", "b", "a"]), failed(10, "2", &["b"])],
        2,
    );
    store.commit("s1", 1, first.clone()).await.expect("commits");
    let lost = store.commit("s1", 1, first).await;
    assert!(matches!(lost, Err(StoreError::Conflict)));
    store
        .commit("s1", 2, with(vec![failed(20, "3", &["b"])], 3))
        .await
        .expect("commits");
    store
        .create(new_session("s2"), with(vec![failed(20, "3", &["a"])], 1))
        .await
        .expect("creates");
    let since = async |seconds| {
        let counts = store.failed(&subjects, moment(seconds)).await;
        let counts = counts.expect("counts").into_iter();
        Vec::from_iter(counts.map(|count| {
            (
                count.count,
                count
                    .oldest
                    .map(|at| at.as_second() - moment(0).as_second()),
            )
        }))
    };
    assert_eq!(since(0).await, [(2, Some(10)), (3, Some(10)), (0, None)]);
    assert_eq!(since(10).await, [(1, Some(20)), (1, Some(20)), (0, None)]);
    assert_eq!(since(20).await, [(0, None); 3]);
    sweep(store, |cutoffs| cutoffs.attempts = moment(10)).await;
    assert_eq!(since(0).await, [(1, Some(20)), (1, Some(20)), (0, None)]);
    // The same guess counts once, from the later moment; of more than were asked for, the newest count.
    let again = (0..8).map(|n| failed(30 + n, &n.to_string(), &["b"]));
    store
        .commit("s1", 3, with(again.collect(), 4))
        .await
        .expect("commits");
    let again = with(vec![failed(40, "7", &["b"])], 5);
    store.commit("s1", 4, again).await.expect("commits");
    assert_eq!(since(0).await[1], (3, Some(35)));
    // What is taken back goes from all subjects, the newest five; what is proven is found.
    let taken_back = TurnStep {
        at: moment(50),
        proven: vec!["c".to_owned()],
        taken_back: vec!["b".to_owned(), "nobody's".to_owned()],
        ..step(6)
    };
    store.commit("s1", 5, taken_back).await.expect("commits");
    assert_eq!(since(0).await, [(0, None), (3, Some(30)), (1, Some(50))]);
    // What is forgotten goes from all subjects, too.
    let both = with(vec![failed(60, "9", &["a", "b"])], 7);
    store.commit("s1", 6, both).await.expect("commits");
    let forgotten = ["b".to_owned(), "c".to_owned()];
    assert_eq!(store.forget(&forgotten).await.expect("forgets"), 4);
    assert_eq!(since(0).await, [(0, None), (0, None), (1, Some(50))]);
    assert_eq!(store.forget(&forgotten).await.expect("forgets"), 0);
}

/// Space: what is stored takes some.
///
/// # Panics
/// A promise is broken.
pub async fn space(store: &dyn Store) {
    let before = store.space().await.expect("measures");
    keep(store, "r1").await;
    create(store, "s1").await;
    let file = Attachment {
        n: 2,
        name: "large.bin".to_owned(),
        media_type: "application/octet-stream".to_owned(),
        content: (0..256 * 1024)
            .map(|_| random::<4>().expect("random bytes"))
            .flatten()
            .collect(),
    };
    let offered = TurnStep {
        files: vec![file],
        ..step(2)
    };
    store.commit("s1", 1, offered).await.expect("commits");
    let after = store.space().await.expect("measures");
    assert!(after.used >= before.used + 1024 * 1024, "{after:?}");
    // The disk of a database is not this machine's.
    assert_eq!(after.free.is_some(), before.free.is_some());
}

/// Lists: by the moment of the last step, page by page; and by the addresses that were named, which are
/// gone with their session.
///
/// # Panics
/// A promise is broken.
pub async fn lists(store: &dyn Store) {
    keep(store, "r1").await;
    let (petra, jan) = ([1; 32], [2; 32]);
    for (id, scenario, at, addresses) in [
        ("s1", "echo", 10, vec![petra, petra]),
        ("s2", "other", 30, vec![jan]),
        ("s3", "echo", 20, vec![]),
        ("s4", "echo", 20, vec![petra, jan]),
    ] {
        let session = NewSession {
            scenario: scenario.to_owned(),
            ..new_session(id)
        };
        let first = TurnStep {
            at: moment(at),
            addresses,
            ..step(1)
        };
        store.create(session, first).await.expect("creates");
    }
    let list = async |scenario: Option<&str>, after: Option<&str>, most| {
        let query = SessionQuery {
            scenario: scenario.map(str::to_owned),
            only: None,
            after: after.map(str::to_owned),
            most,
        };
        let listed = store.list(query).await.expect("lists");
        let ids = listed.into_iter().map(|session| session.id);
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(None, None, 10).await, "s2 s4 s3 s1");
    assert_eq!(list(None, None, 2).await, "s2 s4");
    assert_eq!(list(None, Some("s4"), 2).await, "s3 s1");
    assert_eq!(list(Some("echo"), Some("s2"), 2).await, "s4 s3");
    assert_eq!(list(None, Some("nobody"), 10).await, "");
    let finished = TurnStep {
        at: moment(40),
        finished: true,
        addresses: vec![petra, jan],
        ..step(2)
    };
    store.commit("s1", 1, finished).await.expect("commits");
    let only = |ids: &[&str]| SessionQuery {
        scenario: None,
        only: Some(ids.iter().map(|&id| id.to_owned()).collect()),
        after: None,
        most: 10,
    };
    let listed = store.list(only(&["s1", "s4", "s9"])).await.expect("lists");
    assert_eq!(
        listed
            .iter()
            .map(|session| &*session.id)
            .collect::<Vec<_>>(),
        ["s1", "s4"]
    );
    assert!(store.list(only(&[])).await.expect("lists").is_empty());
    let query = SessionQuery {
        scenario: None,
        only: None,
        after: None,
        most: 1,
    };
    let first = store.list(query).await.expect("lists").remove(0);
    assert_eq!((first.id.as_str(), first.scenario.as_str()), ("s1", "echo"));
    assert_eq!(
        (first.language.as_str(), first.channel.as_str()),
        ("cs", "chat")
    );
    assert_eq!(first.waits, "{\"for\":\"answer\"}");
    assert_eq!(
        (first.started_at, first.touched_at),
        (moment(10), moment(40))
    );
    assert_eq!(first.finished_at, Some(moment(40)));
    assert_eq!(
        store.names("").await.expect("reads"),
        ["s1", "s2", "s3", "s4"]
    );
    assert_eq!(store.names("s2").await.expect("reads"), ["s3", "s4"]);

    let with = async |digests: &[[u8; 32]]| {
        let sessions = store.with_address(digests).await.expect("reads");
        sessions.join(" ")
    };
    assert_eq!(with(&[petra]).await, "s1 s4");
    assert_eq!(with(&[jan, petra]).await, "s1 s2 s4");
    assert_eq!(with(&[[3; 32]]).await, "");
    assert!(store.erase("s4").await.expect("erases"));
    assert_eq!(with(&[petra]).await, "s1");
    let transcripts = |cutoffs: &mut SweepCutoffs| cutoffs.transcripts = moment(40);
    assert_eq!(sweep(store, transcripts).await.sessions, 3);
    assert_eq!(with(&[jan, petra]).await, "");
}

async fn sweep(store: &dyn Store, change: impl FnOnce(&mut SweepCutoffs)) -> Swept {
    let long_ago = moment(-1_000_000);
    let mut cutoffs = SweepCutoffs {
        now: moment(100),
        ended: "{\"for\":\"nothing\"}".to_owned(),
        idle: long_ago,
        hidden: long_ago,
        transcripts: long_ago,
        attempts: long_ago,
        revisions: Vec::new(),
        offer: Duration::from_secs(60),
    };
    change(&mut cutoffs);
    store.sweep(cutoffs).await.expect("sweeps")
}

/// Revisions: kept with their components for as long as they are offered or a session is on them; and
/// what a sweep does to sessions.
///
/// # Panics
/// A promise is broken.
pub async fn revisions(store: &dyn Store) {
    assert!(store.revision("r1").await.expect("reads").is_none());
    for digest in ["r1", "r1", "r2", "r3"] {
        keep(store, digest).await;
    }
    let found = store.revision("r1").await.expect("reads").expect("there");
    assert_eq!(found.documents, revision("r1").documents);
    assert_eq!(found.components, ["component of r1"]);
    let component = store.component("component of r1").await.expect("reads");
    assert_eq!(component.as_deref(), Some(&b"\0asm"[..]));
    create(store, "s1").await;
    let offered = |cutoffs: &mut SweepCutoffs| cutoffs.revisions = vec!["r2".to_owned()];
    assert_eq!(
        sweep(store, offered).await.revisions,
        1,
        "r3 is neither offered nor used"
    );
    assert!(
        store
            .component("component of r3")
            .await
            .expect("reads")
            .is_none()
    );
    for (digest, kept) in [("r1", true), ("r2", true), ("r3", false)] {
        let found = store.revision(digest).await.expect("reads");
        assert_eq!(found.is_some(), kept, "{digest}");
    }
    store.withdraw_offers().await.expect("withdraws");

    // Nobody answered; then hidden values go, then all of it, and the revision with it.
    let idle = sweep(store, |cutoffs| cutoffs.idle = moment(50)).await;
    assert_eq!((idle.finished, idle.hidden, idle.sessions), (1, 0, 0));
    let found = store
        .session("s1", None)
        .await
        .expect("reads")
        .expect("there");
    assert_eq!(found.waits, "{\"for\":\"nothing\"}");
    assert_eq!((found.version, found.finished_at), (2, Some(moment(100))));
    let hidden = sweep(store, |cutoffs| cutoffs.hidden = moment(200)).await;
    assert_eq!((hidden.finished, hidden.hidden, hidden.sessions), (0, 1, 0));
    let found = store
        .session("s1", None)
        .await
        .expect("reads")
        .expect("there");
    assert!(found.state.is_none());
    let gone = sweep(store, |cutoffs| cutoffs.transcripts = moment(200)).await;
    assert_eq!(gone.sessions, 1);
    assert!(store.session("s1", None).await.expect("reads").is_none());
}

/// Notifications between two servers of a store: what one commits, the other hears of or finds.
///
/// # Panics
/// A promise is broken.
pub async fn notifications(one: &dyn Store, other: &dyn Store) {
    keep(one, "r1").await;
    create(one, "s1").await;
    let changed = SessionVersion {
        session: "s1".to_owned(),
        version: 1,
        working: false,
    };
    let heard = async {
        loop {
            one.notify(changed.clone());
            let update = tokio::time::timeout(Duration::from_millis(200), other.next_update());
            match update.await {
                Ok(Update::Updated(update)) => return update,
                // The servers connect to each other after they were opened.
                Ok(Update::Resync) | Err(_) => {}
            }
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(30), heard).await;
    assert_eq!(heard.expect("it is heard"), changed);
    let asked = vec!["s1".to_owned(), "s2".to_owned()];
    assert_eq!(other.versions(asked).await.expect("reads"), [changed]);
}

/// Transcripts are read in pages: of so many bytes at most, in order, without gaps, and an event that is
/// larger comes alone.
///
/// # Panics
/// A promise is broken.
pub async fn pages(store: &dyn Store) {
    keep(store, "r1").await;
    create(store, "s1").await;
    let sizes = [30_000, 30_000, 30_000, 10, 10, 200_000, 10, 65_600];
    for (n, size) in (2..).zip(sizes) {
        let words = "ž".repeat(size / 2);
        let event = format!("{{\"n\": {n}, \"text\": \"{words}\"}}");
        let events = vec![StoredEvent { n, event }];
        let step = TurnStep { events, ..step(n) };
        store.commit("s1", n - 1, step).await.expect("commits");
    }
    let mut pages = Vec::new();
    let mut after = 0;
    while after < 9 {
        let page = store.events("s1", after, 9).await.expect("reads");
        pages.push(page.iter().map(|event| event.n).collect::<Vec<_>>());
        after = page.last().expect("a page has events").n;
    }
    let expected: [&[u64]; 5] = [&[1, 2, 3], &[4, 5, 6], &[7], &[8], &[9]];
    assert_eq!(pages, expected);
    let all = store.all_events("s1", 2, 8).await.expect("reads");
    assert!(all.iter().map(|event| event.n).eq(3..=8));
    assert!(store.events("s1", 9, 9).await.expect("reads").is_empty());
    assert!(store.events("s2", 0, 9).await.expect("reads").is_empty());
}
