//! The graph of boxes: which exits lead where, which boxes nobody reaches, and
//! which go round without ever waiting for the customer.

use std::cell::Cell;
use std::collections::VecDeque;

use super::{Checker, SUGGESTIONS};
use crate::diagnostic::Code;
use crate::draft::{BoxDraft, Content, Draft};
use crate::name::nearest;
use crate::source::Part;

/// Where the exits of boxes lead, by the boxes' numbers in the document.
#[derive(Debug)]
pub(super) struct Graph {
    /// The first box. None: `start` names no box.
    pub(super) start: Option<usize>,
    /// For each box, for each of its exits, the box that it leads to. None: it
    /// leads nowhere that is known. A typo leads to what it means.
    pub(super) exits: Vec<Vec<Option<usize>>>,
}

impl Graph {
    /// The boxes right after a box.
    pub(super) fn after(&self, at: usize) -> impl Iterator<Item = usize> {
        self.exits[at].iter().filter_map(|to| *to)
    }

    /// Whether some path from the first box to an `end` never waits for the
    /// customer.
    pub(super) fn passes_without_waiting(&self, draft: &Draft) -> bool {
        let boxes = &draft.boxes;
        let mut seen = vec![false; boxes.len()];
        let mut ahead = Vec::from_iter(self.start);
        while let Some(at) = ahead.pop() {
            if std::mem::replace(&mut seen[at], true) || waits(&boxes[at]) {
                continue;
            }
            if matches!(boxes[at].content, Content::End { .. }) {
                return true;
            }
            ahead.extend(self.after(at));
        }
        false
    }
}

/// Whether a box waits, or ends what is going on. Whether another scenario does
/// is asked where other scenarios are known.
fn waits(of: &BoxDraft) -> bool {
    match of.content {
        Content::Answer { .. }
        | Content::Buttons { .. }
        | Content::Handover { .. }
        | Content::JumpToScenario { .. }
        | Content::Unreadable => true,
        Content::Message { .. }
        | Content::Condition { .. }
        | Content::Set { .. }
        | Content::JumpToBox
        | Content::End { .. }
        | Content::Call(_) => false,
    }
}

/// The graph, without a word about what is wrong with it.
pub(super) fn graph(draft: &Draft) -> Graph {
    let suggestions = Cell::new(SUGGESTIONS);
    let resolve = |target: &str| {
        draft.boxes.get_index_of(target).or_else(|| {
            suggestions.set(suggestions.get().checked_sub(1)?);
            let meant = nearest(target, draft.boxes.keys().map(String::as_str))?;
            draft.boxes.get_index_of(meant)
        })
    };
    Graph {
        start: draft.start.as_ref().and_then(|start| resolve(&start.value)),
        exits: draft
            .boxes
            .values()
            .map(|each| {
                each.exits
                    .iter()
                    .map(|exit| resolve(exit.target.as_deref()?))
                    .collect()
            })
            .collect(),
    }
}

impl Checker<'_, '_, '_> {
    /// Exits that lead nowhere.
    pub(super) fn targets(&mut self) {
        let draft = self.draft;
        let starts = draft.start.iter().map(|start| (start.place, &start.value));
        let exits = draft.boxes.values().flat_map(|each| &each.exits);
        let targets = exits.filter_map(|exit| Some((exit.place, exit.target.as_ref()?)));
        for (place, target) in starts.chain(targets) {
            if draft.boxes.contains_key(target) || draft.boxes.is_empty() {
                continue;
            }
            let help = match self.nearest(target, draft.boxes.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add a box `{target}`, or lead to another one"),
            };
            self.report(
                Code::UnknownBox,
                place,
                Part::Value,
                format!("there is no box `{target}`"),
                Some(help),
            );
        }
    }

    /// Boxes that no path from the first one leads to.
    ///
    /// An exit that is missing or leads to an unknown box may have led to any
    /// box, most likely to the next one in the document; so that a slip is
    /// reported once, it counts as leading there.
    pub(super) fn unreached(&mut self) {
        let draft = self.draft;
        let Some(start) = self.graph.start else {
            return;
        };
        let mut reached = vec![false; draft.boxes.len()];
        let mut ahead = VecDeque::from([start]);
        while let Some(at) = ahead.pop_front() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            ahead.extend(self.graph.after(at));
            let lost = self.graph.exits[at].iter().any(Option::is_none)
                || matches!(draft.boxes[at].content, Content::Unreadable);
            if lost && at + 1 < draft.boxes.len() {
                ahead.push_back(at + 1);
            }
        }
        let mut named = vec![false; draft.boxes.len()];
        for at in 0..draft.boxes.len() {
            self.graph
                .after(at)
                .filter(|to| *to != at)
                .for_each(|to| named[to] = true);
        }
        for (at, (id, each)) in draft.boxes.iter().enumerate() {
            if reached[at] {
                continue;
            }
            let message = if named[at] {
                format!("no path leads to the box `{id}`: what leads to it is never reached")
            } else {
                format!("no path leads to the box `{id}`: no exit names it")
            };
            let help = "lead an exit to it, or take it out".to_owned();
            self.report(
                Code::UnreachedBox,
                each.place,
                Part::Key,
                message,
                Some(help),
            );
        }
    }

    /// Boxes that go round without ever waiting. One finding for each knot of
    /// such boxes, at an exit that closes a circle.
    pub(super) fn endless_loops(&mut self) {
        let draft = self.draft;
        let moves: Vec<bool> = draft
            .boxes
            .values()
            .map(|each| !self.box_waits(each))
            .collect();
        let after = |at: usize| self.graph.after(at).filter(|to| moves[*to]);
        let mut findings = Vec::new();
        for knot in knots(draft.boxes.len(), |at| {
            if moves[at] {
                after(at).collect()
            } else {
                Vec::new()
            }
        }) {
            let Some(&first) = knot.iter().min() else {
                continue;
            };
            let inside = |at: usize| after(at).filter(|to| knot.contains(to)).collect::<Vec<_>>();
            findings.extend(circle(first, inside));
        }
        for circle in findings {
            let (Some(&first), Some(&last)) = (circle.first(), circle.last()) else {
                continue;
            };
            let closing = self.graph.exits[last]
                .iter()
                .position(|to| *to == Some(first));
            let place = closing.map_or(draft.boxes[last].place, |exit| {
                draft.boxes[last].exits[exit].place
            });
            let names = circle.iter().filter_map(|at| draft.boxes.get_index(*at));
            let way: Vec<_> = names.map(|(id, _)| format!("`{id}`")).collect();
            let message = match way.as_slice() {
                [only] => format!("{only} leads back to itself and never waits for the customer"),
                _ => format!(
                    "{} lead back to {} and never wait for the customer",
                    way.join(", "),
                    way[0]
                ),
            };
            let help =
                "put a box that waits (`answer` or `buttons`) into the circle, or lead out of it"
                    .to_owned();
            self.report(Code::EndlessLoop, place, Part::Value, message, Some(help));
        }
    }

    /// Whether a box waits for the customer or ends the session. Another
    /// scenario is taken to wait unless it is known not to.
    fn box_waits(&self, of: &BoxDraft) -> bool {
        match &of.content {
            Content::JumpToScenario {
                scenario: Some(scenario),
                ..
            } => self
                .surface(&scenario.value)
                .is_none_or(|surface| !surface.passes_without_waiting),
            _ => waits(of),
        }
    }
}

/// The strongly connected parts of a graph that hold a circle (Tarjan's
/// algorithm, without recursion).
fn knots(count: usize, after: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; count];
    let mut lowest = vec![0; count];
    let mut open = Vec::new();
    let mut is_open = vec![false; count];
    let mut next = 0;
    let mut found = Vec::new();
    for root in 0..count {
        if order[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, after(root), 0)];
        while let Some((at, ways, taken)) = path.last_mut() {
            let at = *at;
            if *taken == 0 && order[at] == UNSEEN {
                (order[at], lowest[at]) = (next, next);
                next += 1;
                open.push(at);
                is_open[at] = true;
            }
            if let Some(&to) = ways.get(*taken) {
                *taken += 1;
                if order[to] == UNSEEN {
                    path.push((to, after(to), 0));
                } else if is_open[to] {
                    lowest[at] = lowest[at].min(order[to]);
                }
                continue;
            }
            let itself = ways.contains(&at);
            path.pop();
            if let Some((before, ..)) = path.last() {
                lowest[*before] = lowest[*before].min(lowest[at]);
            }
            if lowest[at] == order[at] {
                let from = open.iter().rposition(|each| *each == at).unwrap_or(0);
                let knot = open.split_off(from);
                for each in &knot {
                    is_open[*each] = false;
                }
                if knot.len() > 1 || itself {
                    found.push(knot);
                }
            }
        }
    }
    found
}

/// A shortest way from a box back to itself: the boxes in order, the first
/// one once.
fn circle(first: usize, after: impl Fn(usize) -> Vec<usize>) -> Option<Vec<usize>> {
    let mut came_from = std::collections::HashMap::new();
    let mut ahead = VecDeque::from([first]);
    while let Some(at) = ahead.pop_front() {
        for to in after(at) {
            if to == first {
                let mut way = vec![at];
                let mut back = at;
                while back != first {
                    back = *came_from.get(&back)?;
                    way.push(back);
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(&to) {
                came_from.insert(to, at);
                ahead.push_back(to);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(edges: &[(usize, usize)]) -> Vec<Vec<usize>> {
        let after = |at: usize| {
            edges
                .iter()
                .filter(|(from, _)| *from == at)
                .map(|(_, to)| *to)
                .collect()
        };
        let mut knots = knots(8, after);
        for knot in &mut knots {
            knot.sort_unstable();
        }
        knots.sort();
        knots
    }

    #[test]
    fn knots_are_the_parts_that_hold_a_circle() {
        assert!(found(&[(0, 1), (1, 2), (0, 2), (3, 2)]).is_empty());
        assert_eq!(found(&[(0, 0), (1, 2)]), [vec![0]]);
        assert_eq!(
            found(&[(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2), (4, 5)]),
            [vec![0, 1], vec![2, 3, 4]]
        );
        assert_eq!(
            found(&[(0, 1), (1, 2), (2, 0), (2, 1), (2, 3)]),
            [vec![0, 1, 2]]
        );
    }

    #[test]
    fn a_circle_is_a_shortest_one() {
        let edges = [(0, 1), (1, 2), (2, 0), (1, 0)];
        let after = |at: usize| {
            edges
                .iter()
                .filter(|(from, _)| *from == at)
                .map(|(_, to)| *to)
                .collect()
        };
        assert_eq!(circle(0, after), Some(vec![0, 1]));
    }
}
