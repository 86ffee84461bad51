"""The floor that all other tests stand on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import func, select

from core.database import Database
from core.people import Person, holders, roles_of
from tests.personas import Cast


def test_a_database_is_empty_at_the_start_of_each_test(db: Database) -> None:
    with db.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 0


def test_the_cast_holds_the_roles_of_its_names(db: Database, cast: Cast) -> None:
    with db.read_scope() as session:
        assert holders(session, cast.site, "supervisor") == [cast.supervisor]
        assert holders(session, cast.site, "technician") == [cast.technician, cast.second_technician]
        assert roles_of(session, cast.outsider) == {}


def test_sockets_reach_this_machine_only() -> None:
    with (
        socket.socket() as outwards,
        pytest.warns(UserWarning, match="192.0.2.1"),
        pytest.raises(SocketConnectBlockedError),
    ):
        outwards.connect(("192.0.2.1", 80))
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_real_input_is_where_its_description_is(real_data: Path) -> None:
    assert (real_data / "README.md").is_file()


def test_the_product_hashes_passwords_as_its_library_advises(product_hasher: PasswordHasher) -> None:
    """Only the tests are spared the cost: RFC 9106, 64 MiB and three passes."""
    known = extract_parameters(product_hasher.hash("correct horse"))
    assert (known.type, known.memory_cost, known.time_cost) == (Type.ID, 65536, 3)
