"""SQL, by what it returns."""

from __future__ import annotations

import random
import sqlite3
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data import sql_equal, sql_valid

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, total REAL);
INSERT INTO customers VALUES (1, 'Ann', 'Oslo'), (2, 'Bob', 'Rome'), (3, 'Cid', 'Oslo');
INSERT INTO orders VALUES (1, 1, 10.5), (2, 1, 4.5), (3, 2, 7), (4, 9, NULL);
"""
SPENT = "SELECT c.name, SUM(o.total) FROM customers c JOIN orders o ON o.customer = c.id GROUP BY c.id"


@pytest.mark.parametrize(
    "query",
    [
        SPENT,
        f"```sql\n{SPENT};\n```\nThis adds up the orders of each customer.",
        "<think>a join</think>\n-- what each spent\n" + SPENT + " ORDER BY 2",
        "WITH t AS (SELECT customer, SUM(total) s FROM orders GROUP BY 1) "
        "SELECT name, s FROM customers, t WHERE id = customer",
        "SELECT name, (SELECT SUM(total) FROM orders WHERE customer = customers.id) AS x "
        "FROM customers WHERE x > 0 ORDER BY name DESC",
    ],
)
def test_queries_that_return_the_same_are_equal_however_they_are_written(query: str) -> None:
    assert sql_equal(query, SPENT, fixture=SHOP) == 1
    assert sql_equal(query, [["Bob", 7], ["Ann", 15]], fixture=SHOP) == 1
    assert sql_valid(query, fixture=SHOP) == 1


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (None, "no query"),
        ("", "no query"),
        ("I would join the tables.", "not one SELECT: it begins 'I would join the tables.'"),
        ("SELECT nme FROM customers", "SQLite says: no such column: nme"),
        ("SELECT name FROM customers", "3 rows, expected 2"),
        ("SELECT name, 1 FROM customers WHERE id < 3", "the row ('Ann', 1), expected ('Ann', 15.0)"),
        ("SELECT 1; DROP TABLE orders", "SQLite says: You can only execute one statement at a time."),
        ("SELECT load_extension('x')", "SQLite says: not authorized to use function: load_extension"),
        ("SELECT random()", "SQLite says: not authorized to use function: random"),
        ("SELECT * FROM pragma_table_info('orders')", "SQLite says: not authorized"),
        ("WITH x AS (SELECT 1) DELETE FROM orders", "SQLite says: not authorized"),
        ("WITH x AS (SELECT 1) INSERT INTO orders SELECT 1, 1, 1", "SQLite says: not authorized"),
    ],
)
def test_the_reason_is_sqlites_or_the_first_difference(query: str | None, reason: str) -> None:
    score = sql_equal(query, SPENT, fixture=SHOP)
    assert (float(score), score.reason) == (0.0, reason)


@pytest.mark.parametrize(
    "query",
    [
        *("DROP TABLE orders", "UPDATE orders SET total = 0", "ATTACH 'x.db' AS x", "PRAGMA writable_schema = 1"),
        *(
            "VACUUM INTO 'x.db'",
            "CREATE TABLE t (a)",
            "BEGIN",
            "EXPLAIN SELECT 1",
            "REPLACE INTO orders VALUES (1, 1, 1)",
        ),
    ],
)
def test_only_reading_is_allowed(query: str) -> None:
    assert sql_equal(query, "SELECT 1", fixture=SHOP) == 0 == sql_valid(query, fixture=SHOP)


def test_order_duplicates_and_names_count_as_asked() -> None:
    rising, falling = "SELECT city FROM customers ORDER BY id", "SELECT city FROM customers ORDER BY id DESC"
    other = "SELECT city FROM customers ORDER BY city, id"
    assert sql_equal(falling, rising, fixture=SHOP, ordered=True) == 1  # Oslo, Rome, Oslo both ways
    assert (
        sql_equal(other, rising, fixture=SHOP) == 1 and sql_equal(other, rising, fixture=SHOP, ordered=True) == 0
    )
    distinct = "SELECT DISTINCT city FROM customers"
    assert (
        sql_equal(distinct, rising, fixture=SHOP)
        == 0
        == 1 - sql_equal(distinct, rising, fixture=SHOP, duplicates=False)
    )
    assert sql_equal("SELECT city AS town FROM customers", rising, fixture=SHOP, names=True) == 0
    assert sql_equal("SELECT City FROM customers", rising, fixture=SHOP, names=True) == 1


def test_values_are_compared_by_type_and_floats_to_a_tolerance() -> None:
    assert sql_equal("SELECT 0.1 + 0.2", "SELECT 0.3", fixture="") == 1
    assert sql_equal("SELECT 0.1 + 0.2", "SELECT 0.3", fixture="", tolerance=0) == 0
    assert sql_equal("SELECT 1", "SELECT 1.0", fixture="") == 1 == sql_equal("SELECT 1", [[True]], fixture="")
    assert sql_equal("SELECT '1'", "SELECT 1", fixture="") == 0 == sql_equal("SELECT NULL", "SELECT 0", fixture="")
    assert sql_equal("SELECT 9007199254740993", "SELECT 9007199254740992", fixture="") == 0


@pytest.mark.parametrize(
    "query",
    [
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "WITH RECURSIVE r(s) AS (SELECT 'ab' UNION ALL SELECT s || s FROM r) SELECT s FROM r",
        "WITH RECURSIVE r(n, s) AS (SELECT 1, printf('%.*c', 90000, 'x') UNION ALL SELECT n + 1, s || '' FROM r) "
        "SELECT count(DISTINCT s || n) FROM r",
        "SELECT zeroblob(1000000000)",
        "SELECT " + "(" * 2000 + "1" + ")" * 2000,
        "SELECT 1" + " + 1" * 4000,
        "SELECT 1" + " UNION SELECT 1" * 1000,
        "SELECT count(*) FROM " + ", ".join(f"customers c{n}" for n in range(30)),
        "SELECT 'a\x00b'",
        "SELECT '\ud800'",
        "SELECT ?",
        "SELECT '" + "x" * 100_000 + "'",
    ],
)
def test_what_takes_too_much_ends_and_scores_0(query: str) -> None:
    begin = time.process_time()
    score = sql_equal(query, "SELECT 1", fixture=SHOP)
    assert score == 0 and score.reason and time.process_time() - begin < 20


def test_a_fixture_or_reference_that_fails_cannot_be_judged_against() -> None:
    with pytest.raises(GradingError, match="the fixture fails: near"):
        sql_equal("SELECT 1", "SELECT 1", fixture="CREATE TALE t (a)")
    with pytest.raises(GradingError, match=r"the reference fails on the fixture .*no such table"):
        sql_equal("SELECT 1", "SELECT * FROM t", fixture=SHOP)
    with pytest.raises(UsageError, match="tolerance"):
        sql_equal("SELECT 1", "SELECT 1", fixture="", tolerance=-1)
    with pytest.raises(UsageError, match="names=True"):
        sql_equal("SELECT 1", [[1]], fixture="", names=True)


cells = st.none() | st.integers(-5, 5) | st.sampled_from([0.5, -1.25]) | st.text("ab'é", max_size=3)
tables = st.lists(st.tuples(cells, cells), min_size=1, max_size=5)


def select(rows: list[tuple[Any, Any]]) -> str:
    database = sqlite3.connect(":memory:")
    literal = "SELECT quote(?), quote(?)"
    try:
        return " UNION ALL ".join("SELECT " + ", ".join(database.execute(literal, row).fetchone()) for row in rows)
    finally:
        database.close()


@given(tables, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_rows_does_not_count_and_a_lost_row_does(
    rows: list[tuple[Any, Any]], chance: random.Random
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert sql_equal(select(shuffled), select(rows), fixture="") == 1 == sql_equal(select(rows), rows, fixture="")
    assert sql_equal(select([*rows, rows[0]]), select(rows), fixture="") == 0
    assert sql_equal(select([*rows, rows[0]]), select(rows), fixture="", duplicates=False) == 1


WORDS = ["SELECT", "FROM", "WHERE", "customers", "orders", "name", "total", "*", ",", "(", ")", "=", "1", "'a'"]
WORDS += ["UNION", "JOIN", "ON", "ORDER", "BY", ";", "--", "WITH", "AS", "NOT", "IN", "LIKE"]


@given(st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join) | st.text())
def test_any_text_is_a_query_or_not(text: str) -> None:
    for score in (sql_equal(text, SPENT, fixture=SHOP), sql_valid(f"SELECT {text}", fixture=SHOP)):
        assert score in (0, 1) and score.reason
