"""What a model has written on one text, as a tree: each node is a token, branches share their beginnings.

Nodes are tiny and stay; going from one to another costs nothing. No torch here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visualizer.core.analyses.generation.step import Step

ROOT = 0
MOST = 20_000  # nodes of a tree


@dataclass(eq=False)
class Node:
    """One token. number: of the tree, ROOT is the text before the first. parent: a number, -1 for the root.

    step: how it was chosen, None for the root. label: how its token is written. ended: "end" or "length" where nothing
    follows. after: what the model expects next, where that is known. total: natural log of the probability of all from
    the root to here. child: the one that was looked at last, -1 for none.
    """

    number: int
    parent: int
    step: Step | None = None
    label: str = ""
    total: float = 0.0
    children: list[int] = field(default_factory=list)
    ended: str = ""
    after: Step | None = None
    child: int = -1
    depth: int = 0


class Continuations:
    """The tree. leaf: the end of the branch that is looked at; chosen: the node on it that is looked at closely."""

    def __init__(self) -> None:
        self.nodes = [Node(ROOT, -1)]
        self.leaf = self.chosen = ROOT

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, number: int) -> Node:
        return self.nodes[number]

    @property
    def is_full(self) -> bool:
        return len(self.nodes) >= MOST

    def path(self, number: int | None = None) -> tuple[int, ...]:
        """The nodes from the first token to this one (default: to the leaf), without the root."""
        number = self.leaf if number is None else number
        found = []
        while number > ROOT:
            found.append(number)
            number = self.nodes[number].parent
        return tuple(reversed(found))

    def steps(self, number: int | None = None) -> tuple[Step, ...]:
        """The steps from the first token to a node."""
        return tuple(step for n in self.path(number) if (step := self.nodes[n].step) is not None)

    def tokens(self, number: int | None = None) -> tuple[int, ...]:
        """The ids of the tokens from the first to a node."""
        return tuple(step.token for step in self.steps(number))

    def leaves(self) -> Iterator[int]:
        """The ends of all branches, the oldest first."""
        return (node.number for node in self.nodes if not node.children and node.number != ROOT)

    def add(self, parent: int, step: Step, label: str) -> int:
        """The child of a node with this token: the one that is there, or a new one."""
        above = self.nodes[parent]
        for number in above.children:
            known = self.nodes[number].step
            if known is not None and known.token == step.token:
                above.child = number
                return number
        new = Node(
            len(self.nodes), parent, step, label, above.total + step.log_probability, depth=above.depth + 1
        )
        self.nodes.append(new)
        above.children.append(new.number)
        above.child = new.number
        return new.number

    def go(self, number: int) -> None:
        """Look at a node closely, on the branch that was looked at last of those that go through it."""
        if not 0 <= number < len(self.nodes):
            raise IndexError(number)
        self.chosen = leaf = number
        while self.nodes[leaf].children:
            node = self.nodes[leaf]
            leaf = node.child if node.child in node.children else node.children[-1]
        self.leaf = leaf
        while leaf > ROOT:
            parent = self.nodes[leaf].parent
            self.nodes[parent].child = leaf
            leaf = parent

    def move_leaf(self, number: int) -> None:
        """The branch that is looked at has grown to this node."""
        follows = self.chosen == self.leaf
        self.leaf = number
        if follows or self.chosen not in (ROOT, *self.path(number)):
            self.chosen = number
