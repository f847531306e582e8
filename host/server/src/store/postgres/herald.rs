//! What one server commits the others hear, for the event streams that they hold open.
//!
//! One connection listens and tells, apart from the transactions: a `NOTIFY` within one would make
//! all commits of the database wait for each other. What is told may get lost, with a server or a
//! connection. So the server looks at the sessions that are listened to, too: whenever the
//! connection is new, and from time to time.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::MissedTickBehavior;
use tokio_postgres::{AsyncMessage, Client};

use super::connections::{ANSWER, Connections, Trouble};
use crate::store::{Heard, Standing, StoreError};

/// How often is looked, whatever was heard. It is one small query.
const LOOK: Duration = Duration::from_secs(5);

/// How long until a lost connection is made anew.
const PAUSE: Duration = Duration::from_millis(500);

/// What is told at once.
const TOGETHER: usize = 500;

/// Not waiting for the disk: what is told need not outlive a crash.
const LISTEN: &str = "SET synchronous_commit = off; SET statement_timeout = '5s'; LISTEN krabice;";

const TELL: &str = "SELECT pg_notify('krabice', news) FROM unnest($1::text[]) AS news";

/// Listens and tells until the server has gone.
pub(super) async fn run(
    connections: Connections,
    mut news: Receiver<Standing>,
    heard: Sender<Heard>,
) {
    loop {
        if let Err(trouble) = listen(&connections, &mut news, &heard).await {
            let error = StoreError::from(trouble);
            tracing::warn!(error = %error, "other servers are not heard at present");
        }
        if heard.send(Heard::Look).await.is_err() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens and tells until the connection ends.
async fn listen(
    connections: &Connections,
    news: &mut Receiver<Standing>,
    heard: &Sender<Heard>,
) -> Result<(), Trouble> {
    let (client, unasked) = connections.extra().await?;
    let mut unasked = std::pin::pin!(stream::poll_fn(unasked));
    let tell = tell_all(&client, news, heard);
    let mut tell = std::pin::pin!(tell);
    loop {
        tokio::select! {
            // Of what comes together the news first, then what is found by looking.
            biased;
            said = unasked.next() => match said {
                Some(Ok(AsyncMessage::Notification(said))) => {
                    if let Some(news) = read(said.payload()) {
                        // A server that is behind looks instead.
                        let _ = heard.try_send(Heard::News(news));
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(Trouble::Lost("the connection has ended".to_owned())),
            },
            ended = &mut tell => return ended,
        }
    }
}

/// Tells what this server commits, and looks from time to time whether the connection still lives.
async fn tell_all(
    client: &Client,
    news: &mut Receiver<Standing>,
    heard: &Sender<Heard>,
) -> Result<(), Trouble> {
    in_time(client.batch_execute(LISTEN)).await?;
    let tell = in_time(client.prepare(TELL)).await?;
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut together = Vec::new();
    loop {
        tokio::select! {
            count = news.recv_many(&mut together, TOGETHER) => {
                if count == 0 {
                    return Ok(());
                }
                let lines: Vec<String> = together.drain(..).map(|news| write(&news)).collect();
                in_time(client.execute(&tell, &[&lines])).await?;
            }
            // At once for the first time, when the connection is new.
            _ = look.tick() => {
                in_time(client.batch_execute("")).await?;
                let _ = heard.try_send(Heard::Look);
            }
        }
    }
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Trouble> {
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Trouble::Lost(
            "the database did not answer in time".to_owned(),
        )),
    }
}

fn write(news: &Standing) -> String {
    format!(
        "{} {} {}",
        news.session,
        news.version,
        u8::from(news.working)
    )
}

fn read(line: &str) -> Option<Standing> {
    let mut parts = line.split(' ');
    Some(Standing {
        session: parts.next()?.to_owned(),
        version: parts.next()?.parse().ok()?,
        working: parts.next()? == "1",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_read_as_they_were_written_and_nonsense_is_not() {
        for (version, working) in [(1, true), (u64::MAX, false)] {
            let news = Standing {
                session: "s_x-Y".to_owned(),
                version,
                working,
            };
            assert_eq!(read(&write(&news)), Some(news));
        }
        for nonsense in ["", "s", "s x 1", "s 1"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
