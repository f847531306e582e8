//! Limits of failed guesses, so that nobody finds out other customers' data by guessing order numbers or
//! e-mail addresses, and nobody is refused who has right data.
//!
//! A guess is what a customer chose of a call, or of a comparison with a hidden value; it fails where the
//! outcome is *false*. The same guess counts once, however often it fails. Failed guesses are counted by
//! session, and by each value (an order number, an e-mail address) together with the client's address
//! prefix and network: who reaches one of these limits is refused. Over all clients, and for all values of
//! one prefix, there are far higher limits. Beyond them a guess is slow, but it is made: a stranger cannot
//! lock out the customer who has the right data. Slow guesses of one value stand in a line: one is made
//! after another, so that also all clients together make only so many.
//!
//! A guess is reserved in this process before it is made, so that concurrent ones cannot pass a limit
//! together. One that failed is stored with its turn: the count outlives a restart and is shared by all
//! servers. A limit refuses on stored failures alone; where failures and reservations together reach it,
//! the guess waits until a reservation has ended.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use krabice_contract::{Kind, Value, compare, hex};
use krabice_store::sessions::{FailedAttempt, FailureCount, Store};
use krabice_store::{StoreError, locked};
use tokio::sync::{Notify, OwnedMutexGuard};

use crate::address::AddressPrefix;
use crate::settings::Attempts;
use crate::token;

/// How long a guess is refused that neither fails nor waits: it does not wait where guesses under way would
/// have to fail for a limit to be reached, or its line is full.
const MEANWHILE: Duration = Duration::from_secs(60);

/// The longest time that a guess waits in the line of one value.
const LONGEST_LINE: Duration = Duration::from_secs(120);

// What failed guesses are counted by.
const SESSION: &str = "session";
const PREFIX: &str = "prefix";
const VALUE: &str = "value";

/// The name of what failed guesses are counted by.
fn subject(key: &[u8], kind: &str, parts: &[&str]) -> String {
    let digest = token::keyed_digest(key, &[&[kind], parts].concat());
    format!("{kind}:{}", hex(&digest[..16]))
}

/// All that a text may stand for and that failed guesses are found by: a value, a session, a client's
/// address.
pub(crate) fn subjects_of(key: &[u8], text: &str) -> Vec<String> {
    let text = text.trim();
    let mut subjects = vec![subject(key, SESSION, &[text])];
    for kind in [None, Some(Kind::Phone)] {
        let value = GuessedValue::of(&text.into(), kind, "");
        subjects.push(subject(key, VALUE, &[&value.counted]));
    }
    if let Ok(address) = text.parse() {
        let prefix = AddressPrefix::of(address).to_string();
        subjects.push(subject(key, PREFIX, &[&prefix]));
    }
    subjects
}

/// The guesses under way of a subject: how many there are of each.
type UnderWay = HashMap<String, u32>;

/// Counts failed guesses.
pub struct AttemptCounter {
    store: Arc<dyn Store>,
    settings: Attempts,
    /// The guesses that are reserved, by subject.
    reserved: Mutex<HashMap<String, UnderWay>>,
    /// Notified when a reservation ends.
    ended: Notify,
    /// Of slow guesses by value. Also of guesses near a limit, by what they are refused by, so that those
    /// that wait do not hold each other back.
    lines: Lines,
}

/// Lines by name. In each, one is served at a time, in the order in which they came.
#[derive(Default)]
struct Lines(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Lines {
    /// Waits until it is served in all of some lines, and is until what it gets is dropped. `None`: in one
    /// of them there are `places` before it.
    async fn served(
        &self,
        names: impl Iterator<Item = &String>,
        places: usize,
    ) -> Option<Vec<OwnedMutexGuard<()>>> {
        // All take their places in the same order, so that no two wait for each other.
        let names: BTreeSet<&String> = names.collect();
        let lines: Vec<_> = {
            let mut known = locked(&self.0);
            known.retain(|_, line| Arc::strong_count(line) > 1);
            let before = |line: &Arc<_>| Arc::strong_count(line) - 1;
            let mut all = names.iter().filter_map(|name| known.get(*name));
            if all.any(|line| before(line) >= places) {
                return None;
            }
            let join = |name: &&String| Arc::clone(known.entry((*name).clone()).or_default());
            names.iter().map(join).collect()
        };
        let mut served = Vec::new();
        for line in lines {
            served.push(line.lock_owned().await);
        }
        Some(served)
    }
}

/// One value of a guess in its canonical form.
#[derive(Debug, Clone)]
pub struct GuessedValue {
    /// Tells guesses apart: without differences of case and white space.
    exact: String,
    /// What failures are counted by: also without punctuation and leading zeros.
    counted: String,
    /// Whether failures are counted by it.
    pub is_counted: bool,
    /// Whether it is an e-mail address or a telephone number.
    pub is_address: bool,
}

impl GuessedValue {
    /// The canonical form of a value of a kind, if it is known. Failures are counted by it.
    #[must_use]
    pub fn of(value: &Value, kind: Option<Kind>, language: &str) -> GuessedValue {
        let new = |exact: String, counted: String, is_address| GuessedValue {
            exact,
            counted,
            is_counted: true,
            is_address,
        };
        let Value::Text(text) = value else {
            let text = value.to_plain_json().to_string();
            return new(text.clone(), text, false);
        };
        let is_phone = kind == Some(Kind::Phone);
        let address = if is_phone {
            compare::canonical_phone(text, language)
        } else {
            compare::canonical_email(text)
        };
        if let Some(address) = address {
            return new(address.clone(), address, true);
        }
        let exact = compare::canonical_number(text).unwrap_or_else(|| text.to_lowercase());
        let counted: String = exact.chars().filter(|c| c.is_alphanumeric()).collect();
        let counted = match counted.trim_start_matches('0') {
            "" => exact.clone(),
            counted => counted.to_owned(),
        };
        new(exact, counted, is_phone)
    }
}

/// A guess, ready to be counted.
pub struct Guess {
    /// Tells it from others.
    id: String,
    /// What it is refused by, with the most that may fail.
    refused_by: Vec<(String, u32)>,
    /// The client's prefix, from which guesses are slow if too many failed.
    prefix: Option<(String, u32)>,
    /// The values whose guesses stand in a line if too many failed.
    values: Vec<(String, u32)>,
    /// What it is taken back by: the addresses that it is about, in its session, and at last itself.
    taken_back_by: Vec<String>,
    /// Of each value, whether it was proven in the session.
    proven_values: Vec<String>,
    /// Whether the values were right together in the session.
    proven_whole: String,
}

/// What is proven by a guess that was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The customer's identity.
    Identity,
    /// That the values are right together.
    Values,
}

impl Guess {
    /// The subjects whose failed guesses are taken back when the guess was right.
    #[must_use]
    pub fn taken_back(&self, proof: Proof) -> &[String] {
        match proof {
            Proof::Identity => &self.taken_back_by,
            Proof::Values => std::slice::from_ref(self.itself()),
        }
    }

    /// The subject of the guess itself in its session.
    fn itself(&self) -> &String {
        self.taken_back_by.last().expect("`guess` adds it last")
    }

    /// The subjects that are proven when the guess was right.
    pub fn proven(&self, proof: Proof) -> impl Iterator<Item = &String> {
        let values = match proof {
            Proof::Identity => self.proven_values.as_slice(),
            Proof::Values => &[],
        };
        values.iter().chain([&self.proven_whole])
    }

    /// Whether it is right or its *false* tells nothing new, because all of it was proven.
    fn is_proven(&self, proven: impl Fn(&String) -> bool) -> bool {
        proven(&self.proven_whole) || self.proven_values.iter().all(proven)
    }
}

/// Whether a guess may be made.
pub enum Permission {
    /// All of it was proven in the session: it is no guess.
    Proven,
    /// It may. Dropping the reservation ends it.
    Reserved(Reservation),
    /// Too many have failed.
    Refused {
        /// When the next one may be made.
        until: Timestamp,
    },
}

/// A guess under way. Dropping it ends the reservation.
pub struct Reservation {
    counter: Arc<AttemptCounter>,
    guess: Arc<Guess>,
    is_held: bool,
}

enum Decision {
    Proven,
    Allowed(Pace),
    Refused {
        until: Timestamp,
    },
    /// Reservations would have to fail for the limit to be reached.
    Open,
}

/// How a guess is made.
#[derive(Debug, PartialEq, Eq)]
enum Pace {
    AtOnce,
    /// After `slow-down`.
    Slowly,
    /// After those before it in the lines of these values, and `slow-down`.
    InLine(Vec<String>),
}

impl AttemptCounter {
    /// A counter on a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, settings: Attempts) -> AttemptCounter {
        AttemptCounter {
            store,
            settings,
            reserved: Mutex::default(),
            ended: Notify::new(),
            lines: Lines::default(),
        }
    }

    /// A guess of values in a session. `is_about_addresses` says that its *false* says nothing but that
    /// the values do not belong to the e-mail address or telephone number among them.
    #[must_use]
    pub fn guess(
        &self,
        session: &str,
        prefix: Option<AddressPrefix>,
        mut values: Vec<GuessedValue>,
        is_about_addresses: bool,
    ) -> Guess {
        values.sort_by(|one, other| one.exact.cmp(&other.exact));
        let subject = |kind, parts: &[&str]| subject(self.store.key(), kind, parts);
        let exact: Vec<&str> = values.iter().map(|value| &*value.exact).collect();
        let id = subject("guess", &exact);
        let settings = &self.settings;
        let mut refused_by = vec![(subject(SESSION, &[session]), settings.per_session)];
        let mut slow_values = Vec::new();
        let from = prefix.map(|prefix| (prefix.to_string(), prefix.network().to_string()));
        for value in values.iter().filter(|value| value.is_counted) {
            let value = &*value.counted;
            if let Some((prefix, network)) = &from {
                let by_prefix = subject("prefix-value", &[prefix, value]);
                refused_by.push((by_prefix, settings.per_prefix));
                let by_network = subject("network-value", &[network, value]);
                refused_by.push((by_network, settings.per_network));
            }
            slow_values.push((subject(VALUE, &[value]), settings.slow_value));
        }
        let of_session = |kind, text| subject(kind, &[session, text]);
        let addresses = values.iter().filter(|value| value.is_address);
        let addresses = addresses.filter(|_| is_about_addresses);
        let mut taken_back_by: Vec<String> = addresses
            .map(|value| of_session("mine", &value.counted))
            .collect();
        taken_back_by.push(of_session("mine", &id));
        Guess {
            proven_values: values
                .iter()
                .map(|value| of_session("proven", &value.counted))
                .collect(),
            proven_whole: of_session("proven", &id),
            prefix: from.map(|(prefix, _)| (subject(PREFIX, &[&prefix]), settings.slow_prefix)),
            values: slow_values,
            refused_by,
            taken_back_by,
            id,
        }
    }

    /// Reserves a guess, unless a limit is reached. `proven` is what was proven in the turn and is not
    /// stored yet. If it does not wait for others, it is refused for a minute where it would have to.
    ///
    /// # Errors
    /// The store failed.
    pub async fn reserve(
        self: &Arc<Self>,
        guess: Arc<Guess>,
        proven: &HashSet<String>,
        waits: bool,
        now: Timestamp,
    ) -> Result<Permission, StoreError> {
        if guess.is_proven(|subject| proven.contains(subject)) {
            return Ok(Permission::Proven);
        }
        let refused_meanwhile = || Permission::Refused {
            until: now.checked_add(MEANWHILE).unwrap_or(Timestamp::MAX),
        };
        let mut waiting = None;
        loop {
            let mut ended = std::pin::pin!(self.ended.notified());
            ended.as_mut().enable();
            let (reservation, others) = self.take(Arc::clone(&guess));
            match self.decide(&guess, &others, now).await? {
                Decision::Proven => return Ok(Permission::Proven),
                Decision::Refused { until } => return Ok(Permission::Refused { until }),
                Decision::Allowed(pace) => {
                    drop(waiting);
                    return Ok(if self.keeps(pace).await {
                        Permission::Reserved(reservation)
                    } else {
                        refused_meanwhile()
                    });
                }
                Decision::Open if !waits => return Ok(refused_meanwhile()),
                Decision::Open if waiting.is_none() => {
                    drop(reservation);
                    let refused_by = guess.refused_by.iter().map(|(subject, _)| subject);
                    waiting = self.lines.served(refused_by, usize::MAX).await;
                }
                Decision::Open => {
                    reservation.give_back();
                    ended.await;
                }
            }
        }
    }

    /// Waits as a pace says. Returns `false` if a line is full.
    async fn keeps(&self, pace: Pace) -> bool {
        let time = self.settings.slow_down;
        let served = match &pace {
            Pace::AtOnce => return true,
            Pace::Slowly => Some(Vec::new()),
            Pace::InLine(values) => {
                let places = LONGEST_LINE.as_millis() / time.as_millis().max(1);
                let places = usize::try_from(places).unwrap_or(usize::MAX);
                self.lines.served(values.iter(), places).await
            }
        };
        if served.is_some() {
            tokio::time::sleep(time).await;
        }
        served.is_some()
    }

    /// Reserves a guess. Also returns, for each subject that refuses, how many other guesses were reserved
    /// at this moment.
    fn take(self: &Arc<Self>, guess: Arc<Guess>) -> (Reservation, Vec<u64>) {
        let mut reserved = locked(&self.reserved);
        let others = guess.refused_by.iter().map(|(subject, _)| {
            let under_way = reserved.entry(subject.clone()).or_default();
            *under_way.entry(guess.id.clone()).or_default() += 1;
            under_way.len() as u64 - 1
        });
        let others = others.collect();
        drop(reserved);
        let reservation = Reservation {
            counter: Arc::clone(self),
            guess,
            is_held: true,
        };
        (reservation, others)
    }

    /// Decides about a guess. The failures are read after the reservations: one that fails in between is
    /// seen in both places. The other way around it would be seen in neither, and pass a limit.
    async fn decide(
        &self,
        guess: &Guess,
        others: &[u64],
        now: Timestamp,
    ) -> Result<Decision, StoreError> {
        let known = [&guess.proven_whole, guess.itself()].into_iter();
        let known = known.chain(&guess.proven_values);
        let limits = guess.refused_by.iter().chain(&guess.prefix);
        let limits = limits.chain(&guess.values).cloned();
        let subjects: Vec<_> = limits
            .chain(known.map(|subject| (subject.clone(), 1)))
            .collect();
        let failed = self.store.failed(&subjects, self.window_start(now)).await?;
        let is_full =
            |((_, most), failed): (&(String, u32), &FailureCount)| failed.count >= u64::from(*most);
        let (refusing, failed) = failed.split_at(guess.refused_by.len());
        let (of_prefix, failed) = failed.split_at(guess.prefix.iter().len());
        let (of_values, known) = failed.split_at(guess.values.len());
        let is_known = |count: &FailureCount| count.count > 0;
        if let [whole, again, values @ ..] = known {
            if is_known(whole) || values.iter().all(is_known) {
                return Ok(Decision::Proven);
            }
            // Made again, at another shop perhaps, it counts no more than it did.
            if is_known(again) {
                return Ok(Decision::Allowed(Pace::AtOnce));
            }
        }
        let refusing = guess.refused_by.iter().zip(refusing);
        let full = refusing.clone().filter(|pair| is_full(*pair));
        if let Some(oldest) = full.filter_map(|(_, failed)| failed.oldest).max() {
            let until = oldest.checked_add(self.settings.window);
            let until = until.unwrap_or(Timestamp::MAX);
            return Ok(Decision::Refused { until });
        }
        let would_fill =
            |(((_, most), failed), others): ((&(String, u32), &FailureCount), &u64)| {
                failed.count.saturating_add(*others) >= u64::from(*most)
            };
        if refusing.zip(others).any(would_fill) {
            return Ok(Decision::Open);
        }
        let full = guess.values.iter().zip(of_values);
        let full = full.filter(|pair| is_full(*pair));
        let full: Vec<String> = full.map(|((value, _), _)| value.clone()).collect();
        let is_slow = guess.prefix.iter().zip(of_prefix).any(is_full);
        Ok(Decision::Allowed(match (full.is_empty(), is_slow) {
            (false, _) => Pace::InLine(full),
            (true, true) => Pace::Slowly,
            (true, false) => Pace::AtOnce,
        }))
    }

    /// The moment since which failed guesses count.
    pub(crate) fn window_start(&self, now: Timestamp) -> Timestamp {
        before(now, self.settings.window)
    }
}

impl Reservation {
    /// The failed guess, to be stored.
    #[must_use]
    pub fn failed(&self, now: Timestamp) -> FailedAttempt {
        let guess = &self.guess;
        let counted = guess.refused_by.iter().chain(&guess.prefix);
        let counted = counted.chain(&guess.values).map(|(subject, _)| subject);
        FailedAttempt {
            subjects: counted.chain(&guess.taken_back_by).cloned().collect(),
            guess: guess.id.clone(),
            at: now,
        }
    }

    /// The guess.
    #[must_use]
    pub fn guess(&self) -> &Guess {
        &self.guess
    }

    /// Whether the failed guess is taken back by one of some subjects.
    #[must_use]
    pub fn is_taken_back(&self, by: &[String]) -> bool {
        let mine = &self.guess.taken_back_by;
        mine.iter().any(|subject| by.contains(subject))
    }

    /// Ends the reservation without a word: nothing was held back by it.
    fn give_back(mut self) {
        self.is_held = false;
        self.counter.release(&self.guess);
    }
}

impl AttemptCounter {
    fn release(&self, guess: &Guess) {
        let mut reserved = locked(&self.reserved);
        for (subject, _) in &guess.refused_by {
            let Some(under_way) = reserved.get_mut(subject) else {
                continue;
            };
            if let Some(count) = under_way.get_mut(&guess.id) {
                *count -= 1;
                if *count == 0 {
                    under_way.remove(&guess.id);
                }
            }
            if under_way.is_empty() {
                reserved.remove(subject);
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.is_held {
            self.counter.release(&self.guess);
            self.counter.ended.notify_waiters();
        }
    }
}

/// The moment that lies `time` before `now`, or the earliest moment that can be written.
pub(crate) fn before(now: Timestamp, time: Duration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use krabice_store::{Storage, StoreUrl};

    use super::*;

    #[test]
    fn spellings_of_one_value_are_counted_as_one() {
        let counted = |text: &str, kind| GuessedValue::of(&text.into(), kind, "cs").counted;
        for spelling in ["4810", "04810", " 48 10", "#4810", "４８１０", "48-10"] {
            assert_eq!(counted(spelling, None), "4810", "{spelling}");
        }
        assert_eq!(counted("o-260147", None), counted("O 260147", None));
        assert_eq!(counted("000", None), "000");
        assert_eq!(counted("Jan@EXAMPLE.cz ", None), "jan@example.cz");
        let phone = Some(Kind::Phone);
        assert_eq!(
            counted("601 123 456", phone),
            counted("+420601123456", phone)
        );
        // Guesses that are not the same for certain are two.
        let exact = |text: &str| GuessedValue::of(&text.into(), None, "cs").exact;
        assert_eq!(exact("O 260147"), exact("o260147"));
        assert_ne!(exact("1.12"), exact("11.2"));
    }

    async fn counter(settings: Attempts) -> (Arc<AttemptCounter>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let storage = Storage::open(&StoreUrl::parse(&url).unwrap())
            .await
            .unwrap();
        let counter = AttemptCounter::new(storage.sessions(), settings);
        (Arc::new(counter), folder)
    }

    #[tokio::test]
    async fn near_a_limit_a_guess_waits_until_another_has_ended() {
        let settings = Attempts {
            per_session: 2,
            ..Attempts::default()
        };
        let (counter, _folder) = counter(settings).await;
        let reserve = async |number: &str, waits: bool| {
            let value = GuessedValue::of(&number.into(), None, "cs");
            let guess = counter.guess("s", None, vec![value], false);
            let (nothing, now) = (HashSet::new(), Timestamp::UNIX_EPOCH);
            let permission = counter.reserve(Arc::new(guess), &nothing, waits, now);
            match permission.await.unwrap() {
                Permission::Reserved(reservation) => Some(reservation),
                Permission::Proven | Permission::Refused { .. } => None,
            }
        };
        let first = reserve("O1", true).await.unwrap();
        let same = reserve("o 1", true).await.unwrap();
        let second = reserve("O2", true).await.unwrap();
        assert!(reserve("O3", false).await.is_none());
        let mut third = std::pin::pin!(reserve("O3", true));
        let short = Duration::from_millis(50);
        assert!(tokio::time::timeout(short, third.as_mut()).await.is_err());
        drop((first, same));
        let third = third.await.unwrap();
        drop((second, third));
        assert!(locked(&counter.reserved).is_empty());
    }

    #[tokio::test]
    async fn a_guess_that_waits_holds_back_those_of_its_own_values_alone() {
        let settings = Attempts {
            per_prefix: 1,
            ..Attempts::default()
        };
        let (counter, _folder) = counter(settings).await;
        let reserve = async |session: &str, order: &str, email: &str| {
            let value = |text: &str| GuessedValue::of(&text.into(), None, "cs");
            let prefix = AddressPrefix::of("192.0.2.1".parse().unwrap());
            let values = vec![value(order), value(email)];
            let guess = counter.guess(session, Some(prefix), values, true);
            let (nothing, now) = (HashSet::new(), Timestamp::UNIX_EPOCH);
            let permission = counter.reserve(Arc::new(guess), &nothing, true, now);
            match permission.await.unwrap() {
                Permission::Reserved(reservation) => reservation,
                Permission::Proven | Permission::Refused { .. } => panic!("it is not reserved"),
            }
        };
        let short = Duration::from_millis(50);
        let _slow = reserve("1", "O1", "a@example.cz").await;
        let mut behind_it = std::pin::pin!(reserve("2", "O2", "a@example.cz"));
        let waited = tokio::time::timeout(short, behind_it.as_mut()).await;
        assert!(waited.is_err());
        let quick = reserve("3", "O3", "b@example.cz").await;
        let mut behind_that = std::pin::pin!(reserve("4", "O4", "b@example.cz"));
        let waited = tokio::time::timeout(short, behind_that.as_mut()).await;
        assert!(waited.is_err());
        drop(quick);
        let long = Duration::from_secs(20);
        let reserved = tokio::time::timeout(long, behind_that.as_mut()).await;
        assert!(
            reserved.is_ok(),
            "it waits for the slow guess of another value"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn slow_guesses_of_one_value_are_made_one_after_another() {
        let (counter, _folder) = counter(Attempts::default()).await;
        let began = tokio::time::Instant::now();
        let in_line = async |values: &[&str]| {
            let values = values.iter().map(|value| (*value).to_owned());
            let served = counter.keeps(Pace::InLine(values.collect())).await;
            served.then(|| began.elapsed().as_secs())
        };
        let one = futures_util::future::join_all((0..26).map(|_| in_line(&["one"])));
        // They take their places in the other order, too.
        let both = async { tokio::join!(in_line(&["other", "both"]), in_line(&["both", "other"])) };
        let (one, both) = tokio::join!(one, both);
        let served = (1..=24).map(|place| Some(5 * place));
        assert_eq!(one, served.chain([None, None]).collect::<Vec<_>>());
        assert_eq!(both, (Some(5), Some(10)));
        assert_eq!(in_line(&["one"]).await, Some(125));
        drop(counter.lines.served([].into_iter(), 0).await);
        assert!(locked(&counter.lines.0).is_empty());
    }
}
