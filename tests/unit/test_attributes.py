"""Facts as attributes: as boto3 writes and reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from liveness.aws.attributes import attribute_of, facts_of, item_of
from liveness.model import Fact

FACTS = st.one_of(
    st.text(),
    st.booleans(),
    st.integers(-(10**37), 10**37),
    st.decimals(-1000, 1000, places=4),
)


@given(FACTS)
def test_a_fact_is_written_as_boto3_writes_it(fact: Fact) -> None:
    assert attribute_of(fact) == TypeSerializer().serialize(fact)


@given(st.dictionaries(st.text(), FACTS))
def test_an_item_is_read_as_boto3_reads_it(written: dict[str, Fact]) -> None:
    item = item_of(written)

    assert facts_of(item) == {
        name: TypeDeserializer().deserialize(value) for name, value in item.items()
    }


@pytest.mark.parametrize(
    "value", [{"NULL": True}, {"SS": ["live"]}, {"M": {}}, {"L": []}, {"B": b"x"}, {}]
)
def test_what_we_never_write_is_no_fact(value: dict[str, Any]) -> None:
    assert facts_of({"id": {"S": "1"}, "odd": value, "score": {"N": "99"}}) == {
        "id": "1",
        "score": Decimal(99),
    }
