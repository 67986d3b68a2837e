"""Facts about the picture are out of reach of everything that scores, learns, sorts, lists or prints."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.ground.test_layers import IMPORTS

ROOT = Path(__file__).resolve().parents[2]
# every place of the shipped program that may know the words; a new one is a decision, not an accident
KNOWN = {
    # where they are asked for, found, kept on the device and sent
    *("contract/kit.py", "contract/events.py", "app/capture/faces.py", "app/capture/recorder.py"),
    *("app/interview/model.py", "app/interview/ports.py", "app/interview/store.py", "app/interview/plan.py"),
    *("app/interview/drafts.py", "app/interview/active.py", "app/interview/takes.py", "app/interview/service.py"),
    *("app/storage/rows.py", "app/ui/names.py", "app/ui/script.py", "app/ui/autopilot.py"),
    *("app/ui/presenters/arrival.py", "app/ui/screens/consent.py"),
    # HR's page of one interview and its JSON, the consent as it was said, the words, the form of kits
    *("report/picture_facts.py", "report/model.py", "report/build.py", "report/words.py"),
    *("backend/services/reports.py", "backend/portal/routes/interviews.py", "backend/portal/kit_facts.py"),
    # says that they are no reason to score again
    "backend/services/score_marks.py",
}
WORDS = re.compile(r"picture_?facts?|pictured|looking_away|several_faces|no_face", re.IGNORECASE)


def sources() -> dict[str, str]:
    folders = ("app", "assessment", "backend", "contract", "report")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in files}


def names(source: str) -> set[str]:
    """Names, attributes, keywords and texts of a module; not its docstrings and comments."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                found.add(name)
            case ast.ImportFrom(module=module, names=parts):
                found |= {module or "", *(part.name for part in parts)}
            case ast.Constant(value=str(text)) | ast.FunctionDef(name=text) | ast.ClassDef(name=text):
                found.add(text)
    return found


def test_only_the_places_named_here_know_of_them() -> None:
    knowing = {path for path, source in sources().items() if any(WORDS.search(name) for name in names(source))}
    knowing.discard("backend/portal/routes/reports.py")  # asks for them, for the JSON of one interview
    assert knowing == KNOWN


def test_the_assessment_can_import_nothing_that_holds_them() -> None:
    reach = {item.target for item in IMPORTS if item.module.split(".")[0] == "assessment"}
    assert not {target for target in reach if target.startswith(("report", "contract.events", "app", "backend"))}


def test_what_scores_are_made_of_does_not_read_them() -> None:
    scoring = {path: source for path, source in sources().items() if path.startswith(("assessment/", "report/scor"))}
    assert {"assessment/scoring.py", "report/scoring.py"} <= set(scoring)
    assert [path for path, source in scoring.items() if WORDS.search(source)] == []


def test_the_report_that_everything_is_made_of_has_none() -> None:
    tree = ast.parse((ROOT / "report" / "build.py").read_text("utf-8"))
    whole = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "m.InterviewReport"
    ]
    assert len(whole) == 1
    assert "picture_facts" not in {keyword.arg for keyword in whole[0].keywords}


def test_one_module_alone_opens_them_and_one_alone_asks_it() -> None:
    opening = {path for path, source in sources().items() if "PicturedSealed" in names(source)}
    assert opening == {"contract/events.py", "app/interview/drafts.py", "report/picture_facts.py"}
    asking = {item.module for item in IMPORTS if item.target == "report.picture_facts.picture_facts"}
    assert asking == {"backend.services.reports"}


def test_no_list_table_or_shared_page_shows_them() -> None:
    templates = {file.name: file.read_text("utf-8") for file in (ROOT / "backend/portal/templates").rglob("*.html")}
    showing = {name for name, text in templates.items() if re.search(r"picture_facts|may_picture", text)}
    # consent and facts on the page of the interview; whether a kit asks for them
    assert showing == {"review.html", "picture_facts.html", "kit.html"}
