"""Orders per second that fifty rules decide about, once what they ask for was read.

    python -m tests.bench.rules [--orders N]

prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from typing import Any

from core.rules.evaluating import LiveRule
from core.rules.evaluating import RuleRef
from core.rules.evaluating import Ruleset
from core.rules.fields import OrderFacts
from core.rules.rule import read_rule

COUNTRIES = ("GB", "DE", "FR", "US", "CN", "ES", "IT", "NL")
RULES = 50


def make_rules(count: int = RULES) -> Ruleset:
    """Return rules of two groups of three conditions, of which an order meets about three."""
    dice = random.Random(1)

    def condition() -> dict[str, Any]:
        field, operator, value = dice.choice(
            [
                ("country", "is_one_of", dice.sample(COUNTRIES, 2)),
                ("sku", "has_any", [f"S{dice.randrange(200)}" for _ in range(5)]),
                ("weight", "above", [str(dice.randrange(9000))]),
                ("amount", "at_least", [f"{dice.randrange(100)}.00 GBP"]),
                ("tag", "has_none", ["x"]),
                ("service", "contains_any", ["express"]),
                ("items", "between", ["1", "3"]),
            ]
        )
        return {"field": field, "operator": operator, "value": value}

    def rule(number: int) -> dict[str, Any]:
        groups = [{"match": "all", "conditions": [condition() for _ in range(3)]} for _ in "ab"]
        match = "all" if number % 3 else "any"
        actions = [{"do": "tag", "value": f"t{number}"}]
        return {"name": f"r{number}", "match": match, "groups": groups, "actions": actions}

    return Ruleset(
        LiveRule(RuleRef(number, 1, f"r{number}"), read_rule(rule(number)))
        for number in range(count)
    )


def make_orders(count: int) -> list[OrderFacts]:
    """Return orders of two SKUs each."""
    dice = random.Random(2)
    return [
        OrderFacts(
            number,
            country=dice.choice(COUNTRIES),
            currency="GBP",
            skus=frozenset(f"S{dice.randrange(200)}" for _ in range(2)),
            weight=dice.randrange(10_000),
            amount=dice.randrange(10_000),
            items=2,
            service="standard",
        )
        for number in range(count)
    ]


def measure(count: int) -> dict[str, float]:
    """Return orders per second of processor time and of the clock, and rules met by each order."""
    rules, orders = make_rules(), make_orders(count)
    clock, cpu = time.perf_counter(), time.process_time()
    met = sum(len(decision.hits) for decision in rules.decide_all(orders))
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return {
        "rules": len(rules),
        "orders": count,
        "met_by_each": round(met / count, 2),
        "orders_per_second": round(count / clock),
        "orders_per_cpu_second": round(count / cpu),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=20_000)
    print(json.dumps(measure(parser.parse_args().orders), indent=2))


if __name__ == "__main__":
    main()
