"""What is said of recipes is data: cards, lists and each refusal of a parameter, a dataset, code and a whole table."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import ValidationError

from bot.client import told_error
from bot.core.said import ENGLISH, Speaker
from bot.errors import Refused
from bot.recipe_table import RecipeTable
from bot.section import Wrong, problems
from bot.services.recipes import reading, unusable
from bot.suites.marked import MarkedSpeaker, unmarked
from bot.things.recipe.card import recipe_card, recipe_list
from bot.things.recipe.code import check_code
from bot.things.recipe.recipe import Code, Environment, Parameter
from bot.things.recipe.sample import FORMS_READER
from bot.things.recipe.words import CANNOT_BE_TYPED

MARKED, GERMAN = MarkedSpeaker(), Speaker("de")
"""Made here, since whoever begins to speak reads the locale's data."""
FREE = replace(
    FORMS_READER,
    metrics=("accuracy",),
    datasets=("forms@1", "digits"),
    parameters={
        **FORMS_READER.parameters,
        "amp": Parameter("bool", default=False),
        "warmup": Parameter("float", 0.0),
        "patience": Parameter("int", 3, minimum=1),
        "share": Parameter("float", 0.5, maximum=1),
        "tag": Parameter("str", "a", help="of the run"),
        "encoder": Parameter("path", ""),
    },
)
PARAMETERS = (
    "epochs",
    "hidden=3",
    "epochs=3 epochs=4",
    "epochs=ten",
    "epochs=0",
    "learning_rate=fast",
    "warmup=nan",
    "patience=0",
    "share=2",
    "amp=yes",
    "precision=int4",
    "encoder=xlm-r",
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GOOD = Code(("train",), repository="https://example.org/x.git", commit=COMMIT)
CODE = (
    Code(()),
    Code(("train",), folder="team/code"),
    replace(GOOD, commit=""),
    replace(GOOD, folder="/nfs/team"),
    replace(GOOD, repository="https://bot:s3cret@example.org/x"),
    replace(GOOD, repository="ext::sh"),
    replace(GOOD, commit="main"),
    replace(GOOD, environment=Environment(modules=("-f",))),
    replace(GOOD, environment=Environment(conda="$(reboot)")),
    replace(GOOD, environment=Environment(conda="torch", venv="/nfs/venv")),
    replace(GOOD, environment=Environment(venv="venv")),
    replace(GOOD, environment=Environment(image="docker://torch")),
)
ACTS: tuple[Callable[[], object], ...] = (
    lambda: FREE.read_dataset("cats", ""),
    lambda: FREE.read_dataset("forms", "../etc"),
    lambda: FREE.read_dataset("forms", "2"),
    lambda: FREE.read_dataset("digits", "2"),
    lambda: FREE.read_metric("loss"),
    lambda: reading("cats", "", {"forms_reader": FREE}),
)


@pytest.mark.parametrize(
    "act",
    [
        *((lambda text=text: FREE.read_parameters(text)) for text in PARAMETERS),
        *((lambda code=code: check_code(code)) for code in CODE),
        *ACTS,
    ],
)
def test_a_refusal_is_told_in_the_readers_language(act: Callable[[], object]):
    """Each is a phrase with what was typed as its values."""
    with pytest.raises(Refused) as refused:
        act()

    assert [] == unmarked(told_error(refused.value, reference="0", speaker=MARKED))


def test_what_our_checks_find_in_a_table_is_told_in_the_readers_language():
    """What pydantic finds is in its English, as a value; the sentence around it is not."""
    table = {
        "title": "Reads forms",
        "command": ["train"],
        "colour": 1,
        "parameters": {"epochs": {"type": "int", "default": 9, "maximum": 3}, "tag": {"type": "str", "default": "a b"}},
        "retry": {"causes": ["stalled"], "limit": 11},
    }
    with pytest.raises(ValidationError) as error:
        RecipeTable.model_validate(table)
    said = unusable(list(problems(error.value)))

    assert [] == unmarked(MARKED(said))
    assert [
        "The recipe cannot be used:",
        "- parameters.epochs: The parameter `default` must be at most 3; `9` is out of range.",
        f"- parameters.tag: {CANNOT_BE_TYPED(value='a b')}",
        "- retry.causes: `stalled` is told to Ops while the run goes on; it is no failure to try again after",
        "- retry.limit: Input should be less than or equal to 10",
        "- colour: no such setting; see `[recipes.…]` in config.example.toml",
    ] == ENGLISH(said).splitlines()


def test_what_a_check_says_goes_through_pydantic_as_it_is():
    """With its values, and in English for who reads it in a log."""
    with pytest.raises(ValidationError) as error:
        RecipeTable.model_validate({"title": "t", "command": []})
    [problem] = problems(error.value)

    assert "" == problem.key
    assert "The recipe's command is empty or has a line break; write it as a list of words." == str(problem.said)
    assert "no" == str(Wrong("no"))


@pytest.mark.parametrize("count", [0, 2])
def test_cards_and_lists_of_recipes_are_of_phrases(count: int):
    """With and without code, with datasets or none; the causes to try again after are machine's words."""
    known = {"forms_reader": FREE, "other": replace(FREE, name="other", code=None, datasets=(), parameters={})}
    shown = dict(list(known.items())[:count])
    drawn = [recipe_list(shown, MARKED), *(recipe_card(one, MARKED) for one in shown.values())]
    texts = [text for card in drawn for text in (card.headline, *card.paragraphs)]

    assert [[]] * len(texts) == [unmarked(text) for text in texts]


def test_numbers_of_a_range_are_written_as_one_types_them():
    """In any language: a comma would not be read, nor a sign between thousands."""
    rate = Parameter("float", 0.001, 0.00001, 2000)

    assert ["between 1e-05 and 2000"] * 2 == [speaker(rate.range) for speaker in (ENGLISH, GERMAN)]
