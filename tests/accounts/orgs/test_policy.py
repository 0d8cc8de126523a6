"""No sequence of changes leaves an organisation without an owner, or gives somebody a right beyond their role."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from obsv.accounts.orgs.policy import RANK, may_give, require_may_change, require_owner_left
from obsv.accounts.scopes import OWNER, ROLE_SCOPES, Role
from obsv.core.errors import Conflict, Forbidden

PEOPLE = st.sampled_from(["ann", "bea", "cid", "dot"])
ROLES = st.sampled_from(list(Role))


class Organisation(RuleBasedStateMachine):
    """Four people who try everything; what policy refuses does not happen."""

    @initialize()
    def begin(self) -> None:
        self.roles = {"ann": Role.OWNER}

    def owners(self) -> int:
        return sum(role is Role.OWNER for role in self.roles.values())

    @rule(changer=PEOPLE, whom=PEOPLE, role=ROLES)
    def change(self, changer: str, whom: str, role: Role) -> None:
        if changer not in self.roles or whom not in self.roles:
            return
        before, giver = self.roles[whom], self.roles[changer]
        try:
            require_may_change(giver, before, role)
            require_owner_left(before, role, self.owners())
        except (Forbidden, Conflict):
            return
        assert RANK[role] <= RANK[giver]
        assert RANK[before] <= RANK[giver]
        self.roles[whom] = role

    @rule(inviter=PEOPLE, whom=PEOPLE, role=ROLES)
    def invite(self, inviter: str, whom: str, role: Role) -> None:
        if inviter in self.roles and whom not in self.roles and may_give(self.roles[inviter], role):
            assert "admin:org" in ROLE_SCOPES[self.roles[inviter]]
            self.roles[whom] = role

    @rule(changer=PEOPLE, whom=PEOPLE)
    def remove(self, changer: str, whom: str) -> None:
        if changer not in self.roles or whom not in self.roles:
            return
        try:
            if changer != whom:
                require_may_change(self.roles[changer], self.roles[whom], None)
            require_owner_left(self.roles[whom], None, self.owners())
        except (Forbidden, Conflict):
            return
        del self.roles[whom]

    @rule(giver=PEOPLE, to=PEOPLE)
    def transfer(self, giver: str, to: str) -> None:
        if giver != to and to in self.roles and OWNER in ROLE_SCOPES.get(self.roles.get(giver, Role.VIEWER), ()):
            self.roles[to], self.roles[giver] = Role.OWNER, Role.ADMIN

    @invariant()
    def somebody_owns_it(self) -> None:
        assert not hasattr(self, "roles") or self.owners() >= 1


Organisation.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestOrganisation = Organisation.TestCase


def test_each_role_has_all_rights_of_the_one_below() -> None:
    ordered = [ROLE_SCOPES[role] for role in (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER)]
    assert all(lower < upper for lower, upper in pairwise(ordered))
    assert not any(scope.endswith(":write") or scope.startswith("admin") for scope in ROLE_SCOPES[Role.VIEWER])
