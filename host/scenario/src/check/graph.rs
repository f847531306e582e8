//! The graph of boxes: which exits lead where, which boxes nobody reaches, and
//! which go round without ever waiting for the customer.

use std::collections::{HashMap, VecDeque};

use indexmap::IndexMap;

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
    /// Boxes that no exit names, with the unknown name that several exits lead
    /// to instead: the box's own name is the slip.
    pub(super) misnamed: Vec<(String, usize)>,
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

/// How many unreached boxes are more likely lost with an exit than left over.
const MANY: usize = 4;

/// Whether a box has lost all its exits to something unreadable.
fn is_cut_off(of: &BoxDraft) -> bool {
    let ends = match &of.content {
        Content::Handover { .. } | Content::End { .. } => true,
        // Its end is the session's.
        Content::JumpToScenario { .. } => true,
        _ => false,
    };
    of.exits.is_empty() && !ends
}

/// The graph, without a word about what is wrong with it.
pub(super) fn graph(draft: &Draft) -> Graph {
    let exits = || draft.boxes.values().flat_map(|each| &each.exits);
    let targets = || {
        exits()
            .filter_map(|exit| exit.target.as_ref())
            .chain(draft.start.iter().map(|start| &start.value))
    };
    let mut named: HashMap<&str, usize> = HashMap::new();
    for target in targets() {
        *named.entry(target).or_default() += 1;
    }
    // A box's id may name its variable, too.
    for each in draft.boxes.values() {
        each.each_template(&mut |template| {
            for used in template.value.uses() {
                if let Some(count) = named.get_mut(used.reference.root.as_str()) {
                    *count += 1;
                }
            }
        });
    }
    let mut meant: IndexMap<&str, usize> = IndexMap::new();
    for target in targets() {
        let open = meant.len() < SUGGESTIONS as usize && !meant.contains_key(target.as_str());
        if open
            && !draft.boxes.contains_key(target)
            && let Some(nearest) = nearest(target, draft.boxes.keys().map(String::as_str))
            && let Some(number) = draft.boxes.get_index_of(nearest)
        {
            meant.insert(target, number);
        }
    }
    let resolve = |target: &str| {
        draft
            .boxes
            .get_index_of(target)
            .or_else(|| meant.get(target).copied())
    };
    let unnamed = |number: usize| {
        draft
            .boxes
            .get_index(number)
            .is_some_and(|(id, _)| !named.contains_key(id.as_str()))
    };
    let misnamed = meant
        .iter()
        .filter(|(target, number)| named.get(**target) > Some(&1) && unnamed(**number));
    Graph {
        start: draft.start.as_ref().and_then(|start| resolve(&start.value)),
        misnamed: misnamed
            .map(|(target, number)| ((*target).to_owned(), *number))
            .collect(),
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
        let (draft, graph) = (self.draft, self.graph);
        for (target, number) in &graph.misnamed {
            let Some((id, of)) = draft.boxes.get_index(*number) else {
                continue;
            };
            let message = format!(
                "nothing refers to the box `{id}`, and `{target}`, which is referred to, does not exist"
            );
            self.report(
                Code::UnknownBox,
                of.place,
                Part::Key,
                message,
                Some(format!("did you mean `{target}`?")),
            );
        }
        let starts = draft.start.iter().map(|start| (start.place, &start.value));
        let exits = draft.boxes.values().flat_map(|each| &each.exits);
        let targets = exits.filter_map(|exit| Some((exit.place, exit.target.as_ref()?)));
        for (place, target) in starts.chain(targets) {
            let misnamed = graph
                .misnamed
                .iter()
                .any(|(misnamed, _)| misnamed == target);
            if draft.boxes.contains_key(target) || draft.boxes.is_empty() || misnamed {
                continue;
            }
            let help = match self.nearest(target, draft.boxes.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add a box `{target}`, or lead to another one"),
            };
            let message = format!("there is no box `{target}`");
            self.report(Code::UnknownBox, place, Part::Value, message, Some(help));
        }
    }

    /// Boxes that no path from the first one leads to.
    pub(super) fn unreached(&mut self) {
        let draft = self.draft;
        let Some(reached) = self.reached() else {
            return;
        };
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

    /// Which boxes some path leads to; none where that cannot be said.
    ///
    /// An exit that is missing or leads to an unknown box has been reported.
    /// So that this is not said once more of every box behind it, it counts as
    /// leading to the next box of the document, if nothing else does; else to
    /// the box that the most unreached boxes are behind, if they are many.
    fn reached(&self) -> Option<Vec<bool>> {
        let boxes = &self.draft.boxes;
        let mut reached = vec![false; boxes.len()];
        self.reach(self.graph.start?, &mut reached);
        let mut settled = vec![false; boxes.len()];
        let mut spare = 0;
        while let Some(at) = (0..boxes.len()).find(|at| reached[*at] && !settled[*at]) {
            settled[at] = true;
            if is_cut_off(&boxes[at]) {
                return None; // It may lead to any box.
            }
            if self.graph.exits[at].iter().any(Option::is_none) {
                match reached.get(at + 1) {
                    Some(false) => {
                        self.reach(at + 1, &mut reached);
                    }
                    _ => spare += 1,
                }
            }
        }
        for _ in 0..spare {
            let behind = (0..boxes.len())
                .filter(|at| !reached[*at])
                .map(|at| (self.reach(at, &mut reached.clone()), at));
            match behind.max_by_key(|(count, at)| (*count, std::cmp::Reverse(*at))) {
                Some((count, at)) if count >= MANY => self.reach(at, &mut reached),
                _ => break,
            };
        }
        Some(reached)
    }

    /// Marks a box and all behind it. How many were not marked before.
    fn reach(&self, from: usize, reached: &mut [bool]) -> usize {
        let mut count = 0;
        let mut ahead = vec![from];
        while let Some(at) = ahead.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                count += 1;
                ahead.extend(self.graph.after(at));
            }
        }
        count
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
    let mut came_from = HashMap::new();
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
            came_from.entry(to).or_insert_with(|| {
                ahead.push_back(to);
                at
            });
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
