"""Which pictures a folder or a CSV has, and their labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.pictures import find_pictures
from evaluation.results import Label, Presentation
from operations.errors import UserError


def folder(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_subfolders_are_labels_and_attack_instruments(tmp_path: Path) -> None:
    folder(
        tmp_path,
        "bona_fide/b.jpg",
        "bona_fide/day 1/a.PNG",
        "attack/print/c.jpeg",
        "attack/mask/paper/d.bmp",
        "attack/e.heic",
    )

    found = find_pictures(tmp_path)

    assert [each.presentation for each in found] == [
        Presentation("bona_fide/b.jpg", Label.BONA_FIDE),
        Presentation("bona_fide/day 1/a.PNG", Label.BONA_FIDE),
        Presentation("attack/e.heic", Label.ATTACK, "unspecified"),
        Presentation("attack/mask/paper/d.bmp", Label.ATTACK, "mask"),
        Presentation("attack/print/c.jpeg", Label.ATTACK, "print"),
    ]
    assert found[0].location == str(tmp_path / "bona_fide" / "b.jpg")


def test_hidden_files_and_what_is_no_picture_are_left_out(tmp_path: Path) -> None:
    folder(tmp_path, "bona_fide/.b.jpg", "bona_fide/.git/c.jpg", "bona_fide/notes.txt", "a.jpg")
    folder(tmp_path, "bona_fide/folder.jpg/d.jpg")

    names = [each.presentation.picture for each in find_pictures(tmp_path)]

    assert names == ["bona_fide/folder.jpg/d.jpg"]


def test_a_csv_has_paths_from_its_own_folder_and_addresses(tmp_path: Path) -> None:
    source = tmp_path / "set" / "labels.csv"
    source.parent.mkdir()
    source.write_text(
        "path,label,instrument\na.jpg,bona_fide,\n/b.jpg,attack,print\n"
        "https://e.com/c.jpg?X-Amz-Signature=f00d,attack,\n"
    )

    found = find_pictures(source)

    assert [(each.presentation, each.location) for each in found] == [
        (Presentation("a.jpg", Label.BONA_FIDE), str(source.parent / "a.jpg")),
        (Presentation("/b.jpg", Label.ATTACK, "print"), "/b.jpg"),
        (
            Presentation("https://e.com/c.jpg", Label.ATTACK, "unspecified"),
            "https://e.com/c.jpg?X-Amz-Signature=f00d",
        ),
    ]


def test_a_csv_needs_no_column_of_instruments(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("path,label\na.jpg,attack\n")

    (found,) = find_pictures(tmp_path / "labels.csv")

    assert found.presentation == Presentation("a.jpg", Label.ATTACK, "unspecified")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("file,truth\na.jpg,attack\n", "needs a first line with path,label"),
        ("path,label\na.jpg,spoof\n", "line 2: 'spoof' is not a valid Label"),
        ("path,label\n,attack\n", "line 2: there is no path"),
        ("path,label\na,attack\na,attack\n", "a is there twice"),
        ('path,label\n"a\nb",attack\n', "characters that no row can hold"),
        ("path,label\n", "has no pictures"),
    ],
)
def test_a_csv_that_cannot_be_used_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "labels.csv").write_text(content)

    with pytest.raises(UserError, match=problem):
        find_pictures(tmp_path / "labels.csv")


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        find_pictures(tmp_path / "none")


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="needs bona_fide/ and attack/<instrument>/"):
        find_pictures(folder(tmp_path, "live/a.jpg"))
