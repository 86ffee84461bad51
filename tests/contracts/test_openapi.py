"""The OpenAPI document is complete: whoever reads it alone can call every operation."""

from __future__ import annotations

from typing import Any

import pytest

from api.routing import MEANINGS
from tests.api.calling import routes_alone

PROBLEM = "application/problem+json"
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return routes_alone().openapi()


def operations(document: dict[str, Any]) -> list[Operation]:
    return [(method, path, found) for path, methods in document["paths"].items() for method, found in methods.items()]


def of_api(document: dict[str, Any]) -> list[Operation]:
    return [row for row in operations(document) if row[1].startswith("/api/v1/")]


def has_example(content: dict[str, Any], document: dict[str, Any]) -> bool:
    schema = content.get("schema", {})
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found = document["components"]["schemas"].get(name, schema)
    return "example" in content or "examples" in content or bool(found.get("examples"))


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for item in node for found in references(item)}
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own | {found for item in node.values() for found in references(item)}
    return set()


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    used = references(document)
    assert used
    assert used <= schemas


def test_every_path_documents_its_parameters(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        named = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        documented = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
        assert documented == named, (method, path)


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(set(names)) == len(names)
    for method, path, operation in found:
        assert operation.get("summary"), (method, path)
        assert operation.get("description"), (method, path)


def test_every_operation_shows_an_example_of_its_answer(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        good = {status: row for status, row in operation["responses"].items() if status.startswith("2")}
        assert good, (method, path)
        for row in good.values():
            assert row["content"], (method, path)
            assert all(has_example(content, document) for content in row["content"].values()), (method, path)


def test_every_body_shows_an_example_and_refuses_what_it_does_not_name(document: dict[str, Any]) -> None:
    for method, path, operation in of_api(document):
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            assert has_example(content["application/json"], document), (method, path)
            name = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
            assert document["components"]["schemas"][name]["additionalProperties"] is False, name


def test_every_operation_documents_its_errors_as_problems(document: dict[str, Any]) -> None:
    for method, path, operation in of_api(document):
        expected = {"401"}
        if "{number}" in path or "{code}" in path:
            expected |= {"404", "422"}
        if method == "post":
            expected |= {"403", "404", "422", "413", "503"}
        if operation.get("parameters") and any(item["in"] == "query" for item in operation["parameters"]):
            expected.add("422")
        bad = {status: row for status, row in operation["responses"].items() if status >= "4"}
        assert expected <= set(bad), (method, path)
        for status, row in bad.items():
            assert set(row["content"]) == {PROBLEM}, (method, path, status)
            assert row["content"][PROBLEM]["example"]["status"] == int(status)


def test_every_documented_error_has_a_meaning(document: dict[str, Any]) -> None:
    used = {status for _, _, found in of_api(document) for status in found["responses"] if status >= "4"}
    assert {int(status) for status in used} <= set(MEANINGS)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_operation_of_the_api_asks_who_calls(document: dict[str, Any]) -> None:
    for method, path, operation in of_api(document):
        assert operation["security"] == [{"bearer": []}, {"cookie": []}], (method, path)


def test_every_mutation_may_carry_a_key(document: dict[str, Any]) -> None:
    for method, path, operation in of_api(document):
        headers = {item["name"].lower() for item in operation.get("parameters", []) if item["in"] == "header"}
        assert ("idempotency-key" in headers) == (method != "get"), (method, path)
