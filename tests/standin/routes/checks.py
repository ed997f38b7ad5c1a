"""Check runs, with the limits GitHub keeps."""

from __future__ import annotations

from tests.standin import shapes
from tests.standin.call import Call, RefusalError, Reply, Routes, invalid_request, not_found, page
from tests.standin.json_types import JsonObject, as_int, as_list, as_object
from tests.standin.state import CheckRun, stamp

ANNOTATIONS_MAX = 50
"""Annotations in one request [OAS]."""
TEXT_BYTES_MAX = 65_535
"""Bytes of summary and of text: bytes, though documented as characters [github/docs#35252]."""
ANNOTATION_BYTES_MAX = 64 * 1024
"""Bytes of an annotation's message and raw details [OAS]."""
TITLE_MAX = 255
"""Characters of a title, of the output and of an annotation [OAS]."""
ACTIONS_MAX = 3
"""Buttons of a check run [OAS]."""
ACTION_SIZES = {"label": 20, "description": 40, "identifier": 20}
"""Characters of a button's parts [OAS]."""


def refusal(body: JsonObject) -> RefusalError | None:
    """What GitHub would refuse about a check run's sizes and states, before anything else is looked at."""
    try:
        _refuse_output(as_object(body.get("output") or {}))
        _refuse_actions([as_object(a) for a in as_list(body.get("actions") or [])])
        if body.get("status") == "completed" and not body.get("conclusion"):
            return invalid_request('"conclusion" wasn\'t supplied.')
    except RefusalError as refused:
        return refused
    except TypeError:
        return None  # a wrong shape is for the contract to name
    return None


def _refuse_output(output: JsonObject) -> None:
    for name in ("summary", "text"):
        text = str(output.get(name) or "")
        if len(text) > TEXT_BYTES_MAX:
            raise invalid_request(f"Only 65535 characters are allowed; {len(text)} were supplied.")
        if len(text.encode("utf-8", "surrogatepass")) > TEXT_BYTES_MAX:
            raise invalid_request(f"{name} exceeds a maximum bytesize of 65535")
    if len(str(output.get("title") or "")) > TITLE_MAX:
        raise invalid_request(f"Only 255 characters are allowed; {len(str(output['title']))} were supplied.")
    annotations = as_list(output.get("annotations") or [])
    if len(annotations) > ANNOTATIONS_MAX:
        raise invalid_request(f"No more than 50 items are allowed; {len(annotations)} were supplied.")
    for annotation in annotations:
        _refuse_annotation(as_object(annotation))


def _refuse_annotation(annotation: JsonObject) -> None:
    for name in ("message", "raw_details"):
        if len(str(annotation.get(name) or "").encode("utf-8", "surrogatepass")) > ANNOTATION_BYTES_MAX:
            raise invalid_request(f"{name} exceeds a maximum bytesize of 65536")
    if len(str(annotation.get("title") or "")) > TITLE_MAX:
        raise invalid_request("title is too long (maximum is 255 characters)")
    start, end = annotation.get("start_line"), annotation.get("end_line")
    if not isinstance(start, int) or not isinstance(end, int):
        return
    if start < 1 or end < start:
        raise invalid_request("end_line must be greater than or equal to start_line")
    if start != end and (annotation.get("start_column") or annotation.get("end_column")):
        raise invalid_request("start_column and end_column can only be used if start_line equals end_line")


def _refuse_actions(actions: list[JsonObject]) -> None:
    if len(actions) > ACTIONS_MAX:
        raise invalid_request(f"No more than 3 items are allowed; {len(actions)} were supplied.")
    for action in actions:
        for name, most in ACTION_SIZES.items():
            if len(str(action.get(name) or "")) > most:
                size = len(str(action[name]))
                raise invalid_request(f"Only {most} characters are allowed; {size} were supplied.")


def create(call: Call) -> Reply:
    """POST …/check-runs."""
    record, body, world = call.repository, call.body, call.world
    head = str(body["head_sha"])
    if record.git.resolve(f"{head}^{{commit}}") != head:
        raise RefusalError(422, f"No commit found for SHA: {head}")
    run = CheckRun(
        id=next(world.ids),
        name=str(body["name"]),
        head=head,
        suite=record.suites.setdefault(head, next(world.ids)),
        app_id=world.app_id,
        status="queued",
        conclusion=None,
        started=stamp(world.now()),
        completed=None,
        details_url=None,
        external_id=None,
    )
    _change(call, run, body)
    record.check_runs[run.id] = run
    return Reply(201, shapes.check_run(world, record, run))


def update(call: Call) -> Reply:
    """PATCH …/check-runs/{id}: annotations are added, everything else is replaced; back to in_progress is allowed."""
    run = _run(call)
    _change(call, run, call.body)
    return Reply(200, shapes.check_run(call.world, call.repository, run))


def _change(call: Call, run: CheckRun, body: JsonObject) -> None:
    run.name = str(body.get("name") or run.name)
    run.details_url = str(body["details_url"]) if body.get("details_url") else run.details_url
    run.external_id = str(body["external_id"]) if "external_id" in body else run.external_id
    run.started = str(body["started_at"]) if "started_at" in body else run.started
    if "status" in body:
        run.status = str(body["status"])
        run.conclusion = run.conclusion if run.status == "completed" else None
    if "conclusion" in body:
        run.status, run.conclusion = "completed", str(body["conclusion"])
        run.completed = str(body.get("completed_at") or stamp(call.world.now()))
    if run.status != "completed":
        run.completed = None
    if "output" in body:
        output = as_object(body["output"])
        run.title, run.summary = str(output["title"]), str(output["summary"])
        run.text = str(output["text"]) if output.get("text") is not None else run.text
        run.annotations += [as_object(a) for a in as_list(output.get("annotations") or [])]
    if "actions" in body:
        run.actions = [as_object(a) for a in as_list(body["actions"])]
    run.history.append((run.status, run.conclusion))


def get(call: Call) -> Reply:
    """GET …/check-runs/{id}."""
    return Reply(200, shapes.check_run(call.world, call.repository, _run(call)))


def for_ref(call: Call) -> Reply:
    """GET …/commits/{ref}/check-runs: of each name the newest, unless `filter=all`."""
    record, world = call.repository, call.world
    sha = record.git.resolve(f"{call.params['ref']}^{{commit}}")
    if sha is None:
        raise RefusalError(422, f"No commit found for SHA: {call.params['ref']}")
    runs = [run for run in record.check_runs.values() if run.head == sha]
    if call.argument("filter", "latest") == "latest":
        runs = list({(run.app_id, run.name): run for run in runs}.values())
    for name, value in (("check_name", "name"), ("status", "status"), ("app_id", "app_id")):
        if wanted := call.argument(name):
            runs = [run for run in runs if str(getattr(run, value)) == wanted]
    return page(call, [shapes.check_run(world, record, run) for run in reversed(runs)], wrap="check_runs")


def list_annotations(call: Call) -> Reply:
    """GET …/check-runs/{id}/annotations."""
    shown = []
    for annotation in _run(call).annotations:
        plain: JsonObject = {"start_column": None, "end_column": None, "title": None, "raw_details": None}
        shown.append({**plain, "blob_href": "http://canary.invalid/never-follow", **annotation})
    return page(call, list(shown))


def _run(call: Call) -> CheckRun:
    found = call.repository.check_runs.get(as_int(int(call.params["check_run_id"])))
    if found is None:
        raise not_found()
    if call.operation.method == "PATCH" and found.app_id != call.world.app_id:
        raise RefusalError(
            403, "Invalid app_id `" + str(found.app_id) + "` - check run can only be modified by its app"
        )
    return found


ROUTES: Routes = {
    "checks/create": create,
    "checks/update": update,
    "checks/get": get,
    "checks/list-for-ref": for_ref,
    "checks/list-annotations": list_annotations,
}
