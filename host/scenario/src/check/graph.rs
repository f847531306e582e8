//! The graph of boxes: the targets of exits, the boxes that no path leads to, and the loops
//! that never wait for the customer.

use std::collections::{HashMap, VecDeque};

use indexmap::IndexMap;
use krabice_contract::name::nearest;

use super::{Checker, SUGGESTIONS};
use crate::diagnostic::Code;
use crate::document::{Exit, ExitName, Node, Scenario};
use crate::source::{Part, Place};

/// The targets of all exits, by the boxes' numbers in the document.
#[derive(Debug)]
pub(super) struct Graph {
    /// The first box; none if `start` names no box.
    pub(super) start: Option<usize>,
    /// The exits of each box.
    pub(super) exits: Vec<Vec<GraphExit>>,
    /// Boxes that no exit names, each with the unknown name that several exits have instead:
    /// the typo is in the box's own name.
    pub(super) misnamed: Vec<(String, usize)>,
}

/// An exit of a box.
#[derive(Debug)]
pub(super) struct GraphExit {
    pub(super) name: ExitName,
    /// The place of its target, or of the box if the target is missing.
    pub(super) place: Place,
    /// The box that it leads to; none if that is not known. A typo leads to the box that it
    /// means.
    pub(super) to: Option<usize>,
}

impl Graph {
    /// The boxes that the exits of a box lead to.
    pub(super) fn after(&self, at: usize) -> impl Iterator<Item = usize> {
        self.exits[at].iter().filter_map(|exit| exit.to)
    }

    /// Whether some path from the first box to an `end` never waits for the
    /// customer.
    pub(super) fn passes_without_waiting(&self, document: &Scenario) -> bool {
        let boxes = &document.boxes;
        let mut seen = vec![false; boxes.len()];
        let mut ahead = Vec::from_iter(self.start);
        while let Some(at) = ahead.pop() {
            if std::mem::replace(&mut seen[at], true) || waits(&boxes[at]) {
                continue;
            }
            if matches!(*boxes[at], Node::End(_)) {
                return true;
            }
            ahead.extend(self.after(at));
        }
        false
    }
}

impl Graph {
    /// The jumps to other scenarios that paths from some boxes lead to without waiting.
    pub(super) fn jumps_without_waiting(
        &self,
        document: &Scenario,
        from: Vec<usize>,
    ) -> Vec<usize> {
        let mut seen = vec![false; document.boxes.len()];
        let mut ahead = from;
        let mut found = Vec::new();
        while let Some(at) = ahead.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            if document.boxes[at].is_jump_to_scenario() {
                found.push(at);
            } else if !waits(&document.boxes[at]) {
                ahead.extend(self.after(at));
            }
        }
        found
    }
}

/// Whether a box waits for the customer or ends the session. A jump to another scenario
/// counts as waiting; [`Checker::box_waits`] knows the other scenarios.
fn waits(of: &Node) -> bool {
    match of {
        Node::Answer(_) | Node::Buttons(_) | Node::Handover(_) | Node::Broken(_) => true,
        Node::Jump(jump) => jump.scenario.is_some(),
        Node::Message(_) | Node::Condition(_) | Node::Set(_) | Node::End(_) | Node::Call(_) => {
            false
        }
    }
}

/// The number of unreached boxes from which on they are probably behind an exit with an
/// error, and not left over.
const MANY: usize = 4;

/// Whether a box has lost all its exits because they could not be read.
fn is_cut_off(of: &Node) -> bool {
    let ends = match of {
        Node::Handover(_) | Node::End(_) => true,
        // The end of another scenario may be the end of the session.
        Node::Jump(jump) => jump.scenario.is_some(),
        Node::Message(_)
        | Node::Buttons(_)
        | Node::Answer(_)
        | Node::Condition(_)
        | Node::Set(_)
        | Node::Call(_)
        | Node::Broken(_) => false,
    };
    of.exits().next().is_none() && !ends
}

/// The graph of a document. Nothing is reported.
pub(super) fn graph(document: &Scenario) -> Graph {
    let exits = || document.boxes.values().flat_map(|each| each.exits());
    let targets = || {
        let targets = exits().filter_map(|exit| exit.to.known());
        targets.chain(document.start.known())
    };
    let mut named: HashMap<&str, usize> = HashMap::new();
    for target in targets() {
        *named.entry(target).or_default() += 1;
    }
    // A box's id may also name its variable.
    for each in document.boxes.values() {
        for used in each.templates().flat_map(|(template, _)| template.uses()) {
            if let Some(count) = named.get_mut(used.reference.root.as_str()) {
                *count += 1;
            }
        }
    }
    let mut meant: IndexMap<&str, usize> = IndexMap::new();
    for target in targets() {
        let open = meant.len() < SUGGESTIONS as usize && !meant.contains_key(target.as_str());
        if open
            && !document.boxes.contains_key(target)
            && let Some(nearest) = nearest(target, document.boxes.keys().map(String::as_str))
            && let Some(number) = document.boxes.get_index_of(nearest)
        {
            meant.insert(target, number);
        }
    }
    let resolve = |target: &str| {
        document
            .boxes
            .get_index_of(target)
            .or_else(|| meant.get(target).copied())
    };
    let unnamed = |number: usize| {
        document
            .boxes
            .get_index(number)
            .is_some_and(|(id, _)| !named.contains_key(id.as_str()))
    };
    let misnamed = meant
        .iter()
        .filter(|(target, number)| named.get(**target) > Some(&1) && unnamed(**number));
    Graph {
        start: document.start.known().and_then(|start| resolve(start)),
        misnamed: misnamed
            .map(|(target, number)| ((*target).to_owned(), *number))
            .collect(),
        exits: document
            .boxes
            .values()
            .map(|each| {
                let exit = |exit: &Exit| GraphExit {
                    name: exit.name,
                    place: exit.to.place,
                    to: exit.to.known().and_then(|target| resolve(target)),
                };
                each.exits().map(exit).collect()
            })
            .collect(),
    }
}

impl Checker<'_, '_, '_> {
    /// Reports exits that lead to no box.
    pub(super) fn targets(&mut self) {
        let (document, graph) = (self.document, self.graph);
        for (target, number) in &graph.misnamed {
            let Some((id, of)) = document.boxes.get_index(*number) else {
                continue;
            };
            let message = format!(
                "nothing refers to the box `{id}`, and exits lead to `{target}`, which does not exist"
            );
            self.report(
                Code::UnknownBox,
                of.place,
                Part::Key,
                message,
                Some(format!("did you mean `{target}`?")),
            );
        }
        let exits = document.boxes.values().flat_map(|each| each.exits());
        for target in std::iter::once(&document.start).chain(exits.map(|exit| &exit.to)) {
            let place = target.place;
            let Some(target) = target.known() else {
                continue;
            };
            let misnamed = graph
                .misnamed
                .iter()
                .any(|(misnamed, _)| misnamed == target);
            if document.boxes.contains_key(target) || document.boxes.is_empty() || misnamed {
                continue;
            }
            let help = match self.nearest(target, document.boxes.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("add a box `{target}`, or lead to another box"),
            };
            let message = format!("there is no box `{target}`");
            self.report(Code::UnknownBox, place, Part::Value, message, Some(help));
        }
    }

    /// Reports boxes that no path from the first box leads to.
    pub(super) fn unreached(&mut self) {
        let document = self.document;
        let Some(reached) = self.reached() else {
            return;
        };
        let mut named = vec![false; document.boxes.len()];
        for at in 0..document.boxes.len() {
            self.graph
                .after(at)
                .filter(|to| *to != at)
                .for_each(|to| named[to] = true);
        }
        for (at, (id, each)) in document.boxes.iter().enumerate() {
            if reached[at] {
                continue;
            }
            let message = if named[at] {
                format!(
                    "no path leads to the box `{id}`: the boxes that lead to it are not reached"
                )
            } else {
                format!("no path leads to the box `{id}`: no exit names it")
            };
            let help = "make an exit lead to it, or take it out".to_owned();
            self.report(
                Code::UnreachedBox,
                each.place,
                Part::Key,
                message,
                Some(help),
            );
        }
    }

    /// For each box, whether a path leads to it. None if an unreadable box makes that
    /// impossible to know.
    ///
    /// An exit that is missing or leads to an unknown box is reported elsewhere. So that the
    /// boxes behind it are not reported, too, it counts as leading to the next box of the
    /// document if no other path does; else to the box with the most unreached boxes behind
    /// it, if they are many.
    fn reached(&self) -> Option<Vec<bool>> {
        let boxes = &self.document.boxes;
        let mut reached = vec![false; boxes.len()];
        self.reach(self.graph.start?, &mut reached);
        let mut settled = vec![false; boxes.len()];
        let mut spare = 0;
        while let Some(at) = (0..boxes.len()).find(|at| reached[*at] && !settled[*at]) {
            settled[at] = true;
            if is_cut_off(&boxes[at]) {
                return None; // Its exits may lead to any box.
            }
            if self.graph.exits[at].iter().any(|exit| exit.to.is_none()) {
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

    /// Marks a box and all boxes behind it. Returns how many were not marked before.
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

    /// Reports loops of boxes that never wait: one finding for each group of boxes that lead
    /// to each other, at an exit that closes a loop.
    pub(super) fn endless_loops(&mut self) {
        let document = self.document;
        let moves: Vec<bool> = document
            .boxes
            .values()
            .map(|each| !self.box_waits(each))
            .collect();
        let after = |at: usize| self.graph.after(at).filter(|to| moves[*to]);
        let mut cycles = Vec::new();
        let moving = |at: usize| {
            if moves[at] {
                after(at).collect()
            } else {
                Vec::new()
            }
        };
        for group in cyclic_groups(document.boxes.len(), moving) {
            let inside = |at: usize| after(at).filter(|to| group.contains(to)).collect();
            let first = group.iter().min().expect("a group has a box");
            cycles.push(shortest_cycle(*first, inside));
        }
        for cycle in cycles {
            let (first, last) = (cycle[0], cycle[cycle.len() - 1]);
            let mut closing = self.graph.exits[last].iter();
            let closing = closing.find(|exit| exit.to == Some(first));
            let place = closing.map_or(document.boxes[last].place, |exit| exit.place);
            let names = cycle.iter().filter_map(|at| document.boxes.get_index(*at));
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
                "put a box that waits (`answer` or `buttons`) into the loop, or lead out of it"
                    .to_owned();
            self.report(Code::EndlessLoop, place, Part::Value, message, Some(help));
        }
    }

    /// Whether a box waits for the customer or ends the session. Another scenario counts as
    /// waiting unless it is known not to.
    fn box_waits(&self, of: &Node) -> bool {
        let other = of.jumps_to().and_then(|name| self.surface(name));
        match other {
            Some(surface) => !surface.passes_without_waiting,
            None => waits(of),
        }
    }
}

/// The strongly connected components of a graph that contain a cycle (Tarjan's algorithm,
/// without recursion).
fn cyclic_groups(count: usize, after: impl Fn(usize) -> Vec<usize>) -> Vec<Vec<usize>> {
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
                let from = open.iter().rposition(|each| *each == at);
                let group = open.split_off(from.expect("a box is open until its group is found"));
                for each in &group {
                    is_open[*each] = false;
                }
                if group.len() > 1 || itself {
                    found.push(group);
                }
            }
        }
    }
    found
}

/// A shortest way from a box of a cyclic group back to itself: the boxes in order, the first
/// one once.
fn shortest_cycle(first: usize, after: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut came_from = HashMap::new();
    let mut ahead = VecDeque::from([first]);
    while let Some(at) = ahead.pop_front() {
        for to in after(at) {
            if to == first {
                let mut way = vec![at];
                while let Some(before) = came_from.get(&way[way.len() - 1]) {
                    way.push(*before);
                }
                way.reverse();
                return way;
            }
            came_from.entry(to).or_insert_with(|| {
                ahead.push_back(to);
                at
            });
        }
    }
    unreachable!("every box of a cyclic group leads back to itself")
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
        let mut groups = cyclic_groups(8, after);
        for group in &mut groups {
            group.sort_unstable();
        }
        groups.sort();
        groups
    }

    #[test]
    fn cyclic_groups_are_the_components_with_a_cycle() {
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
    fn the_cycle_of_a_group_is_a_shortest_one() {
        let edges = [(0, 1), (1, 2), (2, 0), (1, 0)];
        let after = |at: usize| {
            edges
                .iter()
                .filter(|(from, _)| *from == at)
                .map(|(_, to)| *to)
                .collect()
        };
        assert_eq!(shortest_cycle(0, after), [0, 1]);
    }
}
