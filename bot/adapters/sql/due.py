"""The statements that tell what is due, and that lease it, each built once: to build them was much of an idle bot.

Times and counts are parameters: `at`, `until`, `most`.
"""

from functools import cache

from sqlalchemy import ColumnElement, Integer, Select, Update, and_, bindparam, or_, select, update

from bot.adapters.sql.tables import CARDS, EFFECTS

Names = tuple[str, ...]


@cache
def lease_of_effects(lanes: Names, only: Names, but: Names) -> Update:
    """Return what leases effects of these lanes: for each thing and lane only the oldest unfinished row."""
    picked = (
        select(EFFECTS.c.id)
        .where(
            _effect_is_due(),
            EFFECTS.c.lane.in_(lanes),
            *((EFFECTS.c.effect.in_(only),) if only else ()),
            *((EFFECTS.c.effect.not_in(but),) if but else ()),
        )
        .order_by(EFFECTS.c.due_at, EFFECTS.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    return (
        update(EFFECTS)
        .where(EFFECTS.c.id.in_(select(picked.c.id)))
        .values(attempts=EFFECTS.c.attempts + 1, lease_until=bindparam("until"))
        .returning(EFFECTS)
    )


@cache
def lease_of_cards(kinds: Names) -> Update:
    """Return what leases cards of these kinds, or of any when none is named, longest due first."""
    key = (CARDS.c.kind, CARDS.c.number)
    picked = (
        select(*key)
        .where(_card_is_due(), *((CARDS.c.kind.in_(kinds),) if kinds else ()))
        .order_by(CARDS.c.not_before, *key)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    is_picked = select(picked.c.kind).where(picked.c.kind == CARDS.c.kind, picked.c.number == CARDS.c.number)
    leased = {"lease_until": bindparam("until"), "paced_until": bindparam("at"), "attempts": CARDS.c.attempts + 1}
    return update(CARDS).where(is_picked.exists()).values(leased).returning(CARDS)


@cache
def due_effects() -> Select[str, str]:
    """Return what tells of which lanes and names effects are due."""
    return select(EFFECTS.c.lane, EFFECTS.c.effect).where(_effect_is_due()).distinct()


@cache
def due_cards() -> Select[str]:
    """Return what tells of which kinds cards are due."""
    return select(CARDS.c.kind).where(_card_is_due()).distinct()


def _effect_is_due() -> ColumnElement[bool]:
    return and_(
        is_unfinished(),
        EFFECTS.c.due_at <= bindparam("at"),
        or_(EFFECTS.c.lease_until.is_(None), EFFECTS.c.lease_until <= bindparam("at")),
        ~_has_an_older_unfinished(),
    )


def _card_is_due() -> ColumnElement[bool]:
    return and_(
        CARDS.c.due_version > CARDS.c.drawn_version,
        CARDS.c.not_before <= bindparam("at"),
        or_(CARDS.c.paced_until.is_(None), CARDS.c.paced_until <= bindparam("at")),
        or_(CARDS.c.lease_until.is_(None), CARDS.c.lease_until <= bindparam("at")),
    )


def is_unfinished() -> ColumnElement[bool]:
    """Return whether an effect is neither done nor given up."""
    return and_(EFFECTS.c.done_at.is_(None), EFFECTS.c.given_up_at.is_(None))


def _has_an_older_unfinished() -> ColumnElement[bool]:
    older = EFFECTS.alias("older")
    return (
        select(older.c.id)
        .where(
            older.c.kind == EFFECTS.c.kind,
            older.c.number == EFFECTS.c.number,
            older.c.lane == EFFECTS.c.lane,
            older.c.id < EFFECTS.c.id,
            older.c.done_at.is_(None),
            older.c.given_up_at.is_(None),
        )
        .exists()
    )
