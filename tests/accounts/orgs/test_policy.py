"""No sequence of changes leaves an organisation without an owner, or gives somebody a right that nobody gave."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from obsv.accounts.orgs.policy import may_give, require_may_change, require_owner_left, require_team_role
from obsv.accounts.scopes import OWNER, RANK, ROLE_SCOPES, Role, highest
from obsv.core.errors import Conflict, Forbidden

PEOPLE = st.sampled_from(["ann", "bea", "cid", "dot"])
TEAMS = st.sampled_from(["blue", "red"])
ROLES = st.sampled_from(list(Role))


class Organisation(RuleBasedStateMachine):
    """Four people who try everything, with two teams; what policy refuses does not happen."""

    @initialize()
    def begin(self) -> None:
        self.roles = {"ann": Role.OWNER}
        self.teams: dict[str, Role] = {}
        self.inside: set[tuple[str, str]] = set()

    def role(self, person: str) -> Role:
        """The one that counts."""
        return highest([self.roles[person], *(self.teams[team] for team, who in self.inside if who == person)])

    @rule(changer=PEOPLE, team=TEAMS, role=ROLES)
    def make_team(self, changer: str, team: str, role: Role) -> None:
        if changer not in self.roles:
            return
        giver = self.role(changer)
        try:
            if team in self.teams:
                require_may_change(giver, self.teams[team], role)
            require_team_role(giver, role)
        except Forbidden:
            return
        assert "admin:org" in ROLE_SCOPES[giver]
        assert RANK[role] <= min(RANK[giver], RANK[Role.ADMIN])
        self.teams[team] = role

    @rule(changer=PEOPLE, team=TEAMS, whom=PEOPLE)
    def join_team(self, changer: str, team: str, whom: str) -> None:
        if changer not in self.roles or whom not in self.roles or team not in self.teams:
            return
        giver, before = self.role(changer), self.role(whom)
        try:
            require_team_role(giver, self.teams[team])
        except Forbidden:
            return
        self.inside.add((team, whom))
        assert RANK[self.role(whom)] <= max(RANK[before], RANK[giver])

    @rule(changer=PEOPLE, team=TEAMS)
    def drop_team(self, changer: str, team: str) -> None:
        if changer not in self.roles or team not in self.teams:
            return
        try:
            require_may_change(self.role(changer), self.teams[team], None)
        except Forbidden:
            return
        del self.teams[team]
        self.inside = {(name, who) for name, who in self.inside if name != team}

    def owners(self) -> int:
        return sum(role is Role.OWNER for role in self.roles.values())

    @rule(changer=PEOPLE, whom=PEOPLE, role=ROLES)
    def change(self, changer: str, whom: str, role: Role) -> None:
        if changer not in self.roles or whom not in self.roles:
            return
        before, giver = self.roles[whom], self.role(changer)
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
        if inviter in self.roles and whom not in self.roles and may_give(self.role(inviter), role):
            assert "admin:org" in ROLE_SCOPES[self.role(inviter)]
            self.roles[whom] = role

    @rule(changer=PEOPLE, whom=PEOPLE)
    def remove(self, changer: str, whom: str) -> None:
        if changer not in self.roles or whom not in self.roles:
            return
        try:
            if changer != whom:
                require_may_change(self.role(changer), self.roles[whom], None)
            require_owner_left(self.roles[whom], None, self.owners())
        except (Forbidden, Conflict):
            return
        del self.roles[whom]
        self.inside = {(team, who) for team, who in self.inside if who != whom}

    @rule(giver=PEOPLE, to=PEOPLE)
    def transfer(self, giver: str, to: str) -> None:
        if giver != to and to in self.roles and OWNER in ROLE_SCOPES.get(self.roles.get(giver, Role.VIEWER), ()):
            self.roles[to], self.roles[giver] = Role.OWNER, Role.ADMIN

    @invariant()
    def somebody_owns_it(self) -> None:
        assert not hasattr(self, "roles") or self.owners() >= 1

    @invariant()
    def teams_make_no_owners_and_help_nobody_outside(self) -> None:
        if hasattr(self, "teams"):
            assert Role.OWNER not in self.teams.values()
            assert {who for _, who in self.inside} <= self.roles.keys()


Organisation.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestOrganisation = Organisation.TestCase


def test_each_role_has_all_rights_of_the_one_below() -> None:
    ordered = [ROLE_SCOPES[role] for role in (Role.VIEWER, Role.EDITOR, Role.ADMIN, Role.OWNER)]
    assert all(lower < upper for lower, upper in pairwise(ordered))
    assert not any(scope.endswith(":write") or scope.startswith("admin") for scope in ROLE_SCOPES[Role.VIEWER])
