//! A day of guesses on a simulated clock: customers who make slips, shops' offices behind one address
//! each, and an attacker with an IPv6 /48.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use krabice_contract::Kind;
use krabice_sessions::attempts::{AttemptCounter, GuessedValue, Permission, Proof};
use krabice_sessions::{AddressPrefix, Attempts};
use krabice_store::sessions::{FailedAttempt, NewSession, RevisionRecord, Store, TurnStep};
use krabice_store::{Storage, StoreUrl};

/// The seconds of a day.
const DAY: i64 = 86_400;

/// Who there is.
#[derive(Clone, Copy)]
pub(crate) struct Crowd {
    /// Customers with an order each.
    pub(crate) customers: u64,
    /// The attacker's guesses over the day.
    pub(crate) guesses: u64,
    /// The customers whose orders and e-mail addresses the attacker guesses at.
    pub(crate) victims: u64,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Day {
    /// Guesses of customers.
    pub(crate) made: u64,
    /// Those that failed.
    pub(crate) slips: u64,
    /// Customers who were refused.
    pub(crate) refused: u64,
    /// The attacker's guesses that were made.
    pub(crate) attacks: u64,
    /// Those that were refused.
    pub(crate) repelled: u64,
    /// The most guesses of the attacker with one value in any hour.
    pub(crate) most: usize,
}

/// A generator of the same numbers each time.
struct Random(u64);

impl Random {
    /// A number below `most`.
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn order(number: u64) -> String {
    format!("O26{number:06}")
}

fn email(number: u64) -> String {
    format!("customer{number}@example.cz")
}

/// A visit of a customer: what they type, one after another, until it is right.
fn attempts_of(customer: u64, random: &mut Random) -> Vec<(String, String)> {
    let (order, email) = (order(customer), email(customer));
    let typo = |random: &mut Random| {
        let mut letters: Vec<char> = order.chars().collect();
        let place = 3 + random.below(letters.len() as u64 - 3) as usize;
        letters[place] = char::from(b'0' + random.below(10) as u8);
        String::from_iter(letters)
    };
    let slips = match random.below(100) {
        0..=74 => 0,
        75..=89 => 1,
        90..=96 => 2,
        97..=98 => 3,
        _ => 4,
    };
    let mut typed = Vec::new();
    for _ in 0..slips {
        let slip = match random.below(3) {
            0 => (typo(random), email.clone()),
            1 => (order.clone(), format!("private.{email}")),
            _ => (typo(random), email.to_uppercase()),
        };
        typed.push(slip);
        // The same once more, for it "must be right".
        if random.below(10) == 0 {
            typed.extend(typed.last().cloned());
        }
    }
    let spelling = match random.below(3) {
        0 => order.to_lowercase(),
        1 => format!("{} {}", &order[..3], &order[3..]),
        _ => order,
    };
    typed.push((spelling, email));
    typed
}

/// The address of a customer: of one of three shops' offices, of one of 20 gateways of a mobile network,
/// or their own.
fn address_of(random: &mut Random) -> IpAddr {
    let (own, number) = (random.below(1 << 24) as u32, random.below(20) as u8);
    match random.below(10) {
        0 => Ipv4Addr::new(198, 51, number % 3, 7),
        1 | 2 => Ipv4Addr::new(192, 0, 2, number),
        _ => Ipv4Addr::from(0x1800_0000 | own),
    }
    .into()
}

/// A guess that is made at a moment.
struct Planned {
    at: i64,
    session: String,
    from: IpAddr,
    order: String,
    email: String,
    is_attack: bool,
}

/// All guesses of the day, in their order.
fn plan(crowd: Crowd, random: &mut Random) -> Vec<Planned> {
    let mut all = Vec::new();
    for customer in 0..crowd.customers {
        let (mut at, from) = (random.below(DAY as u64) as i64, address_of(random));
        let anew = random.below(3) == 0;
        for (number, (order, email)) in attempts_of(customer, random).into_iter().enumerate() {
            at += 20 + random.below(100) as i64;
            all.push(Planned {
                at,
                // A third begins anew after each slip.
                session: format!("customer {customer} {}", if anew { number } else { 0 }),
                from,
                order,
                email,
                is_attack: false,
            });
        }
    }
    for guess in 0..crowd.guesses {
        let victim = random.below(crowd.victims);
        let (order, email) = if random.below(2) == 0 {
            (order(victim), email(crowd.customers + guess))
        } else {
            (order(crowd.customers + guess), email(victim))
        };
        let network = random.below(1 << 16) as u16;
        all.push(Planned {
            at: (guess * DAY as u64 / crowd.guesses) as i64,
            session: format!("attack {}", guess / 4),
            from: Ipv6Addr::new(0x2001, 0xdb8, 5, network, 0, 0, 0, 1).into(),
            order,
            email,
            is_attack: true,
        });
    }
    all.sort_by_key(|planned| planned.at);
    all
}

/// A store in a folder with one session, whose steps store the failed guesses.
struct Guessed {
    store: Arc<dyn Store>,
    version: u64,
    _folder: tempfile::TempDir,
}

impl Guessed {
    async fn open() -> Guessed {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let url = StoreUrl::parse(&url).expect("a URL");
        let storage = Storage::open(&url).await.expect("a store");
        let store = storage.sessions();
        let revision = RevisionRecord {
            digest: "r".to_owned(),
            scenario: "day".to_owned(),
            documents: Vec::new(),
            components: Vec::new(),
        };
        let kept = store.keep_revision(revision, Vec::new()).await;
        kept.expect("a revision");
        let session = NewSession {
            id: "s".to_owned(),
            token: [0; 32],
            scenario: "day".to_owned(),
            revision: "r".to_owned(),
            language: "cs".to_owned(),
            channel: "chat".to_owned(),
        };
        let first = step(Timestamp::UNIX_EPOCH);
        store.create(session, first).await.expect("a session");
        Guessed {
            store,
            version: 1,
            _folder: folder,
        }
    }

    async fn commit(&mut self, step: TurnStep) {
        let committed = self.store.commit("s", self.version, step).await;
        committed.expect("a step");
        self.version += 1;
    }
}

fn step(at: Timestamp) -> TurnStep {
    TurnStep {
        at,
        state: String::new(),
        waits: String::new(),
        finished: false,
        events: Vec::new(),
        files: Vec::new(),
        last_event: 0,
        message: None,
        turn: None,
        lease: std::time::Duration::ZERO,
        answered: None,
        variables: None,
        failed: Vec::new(),
        proven: Vec::new(),
        taken_back: Vec::new(),
        addresses: Vec::new(),
    }
}

/// Lives through a day.
pub(crate) async fn live(crowd: Crowd) -> Day {
    let plan = plan(crowd, &mut Random(0x9e37_79b9_7f4a_7c15));
    let mut guessed = Guessed::open().await;
    let settings = Attempts {
        // A slow guess is made all the same.
        slow_down: std::time::Duration::ZERO,
        ..Attempts::default()
    };
    let counter = Arc::new(AttemptCounter::new(Arc::clone(&guessed.store), settings));
    let owners: HashMap<String, String> = (0..crowd.customers)
        .map(|customer| (order(customer), email(customer)))
        .collect();
    let mut day = Day::default();
    let mut refused = HashSet::new();
    let mut attacks: HashMap<String, Vec<i64>> = HashMap::new();
    let began: Timestamp = "2026-11-27T00:00:00Z".parse().expect("a moment");
    for planned in plan {
        let now = began + SignedDuration::from_secs(planned.at);
        let values = [(&planned.order, Kind::Text), (&planned.email, Kind::Email)];
        let values =
            values.map(|(text, kind)| GuessedValue::of(&text.as_str().into(), Some(kind), "cs"));
        let prefix = Some(AddressPrefix::of(planned.from));
        let guess = Arc::new(counter.guess(&planned.session, prefix, values.to_vec(), true));
        let permission = counter.reserve(guess, &HashSet::new(), true, now).await;
        let reserved = match permission.expect("the store answers") {
            Permission::Proven => continue,
            Permission::Reserved(reserved) => reserved,
            Permission::Refused { .. } => {
                if planned.is_attack {
                    day.repelled += 1;
                } else {
                    refused.insert(planned.email.to_lowercase());
                }
                continue;
            }
        };
        let clean: String = planned.order.split_whitespace().collect();
        let owner = owners.get(&clean.to_uppercase());
        let is_right = owner.is_some_and(|owner| *owner == planned.email.to_lowercase());
        if planned.is_attack {
            day.attacks += 1;
            for value in [planned.order, planned.email] {
                attacks.entry(value).or_default().push(planned.at);
            }
        } else {
            day.made += 1;
            day.slips += u64::from(!is_right);
        }
        let (failed, taken_back, proven): (Vec<FailedAttempt>, _, _) = if is_right {
            let proof = Proof::Identity;
            let proven = reserved.guess().proven(proof).cloned().collect();
            (
                Vec::new(),
                reserved.guess().taken_back(proof).to_vec(),
                proven,
            )
        } else {
            (vec![reserved.failed(now)], Vec::new(), Vec::new())
        };
        let step = TurnStep {
            failed,
            taken_back,
            proven,
            ..step(now)
        };
        guessed.commit(step).await;
    }
    day.refused = refused.len() as u64;
    let hour = |times: &Vec<i64>| {
        let within = |from: i64| {
            let hour = from..from + 3_600;
            times.iter().filter(|at| hour.contains(at)).count()
        };
        times.iter().map(|from| within(*from)).max()
    };
    day.most = attacks.values().filter_map(hour).max().unwrap_or(0);
    day
}
