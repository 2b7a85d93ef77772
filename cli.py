"""The commands of congvan: parse, call, print. What they do stands in `pipeline`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

import click

from pipeline.errors import CongvanError, ExitCode, MissingError, NothingFoundError, UsageError
from pipeline.messages import Language, language_of_environment, message, set_language
from pipeline.settings import VERSION, Settings

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.batch.news import Reporter
    from pipeline.batch.summary import Summary
    from pipeline.export.archive import ArchiveSettings
    from pipeline.export.deliver import Wanted

PLAIN_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""


class Commands(click.Group):
    """The group of all commands; tells errors in one line and gives each its exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take --lang wherever it stands, also behind the command."""
        return super().parse_args(ctx, _language_first(args))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except CongvanError as error:
            click.echo(str(error), err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo(message("interrupted"), err=True)
            ctx.exit(ExitCode.INTERRUPTED)
        except BrokenPipeError:
            _close_quietly()
            ctx.exit(ExitCode.OK)


def _language_first(args: list[str]) -> list[str]:
    """The arguments with `--lang X` or `--lang=X` before all others; after `--` nothing moves."""
    end = args.index("--") if "--" in args else len(args)
    for at, arg in enumerate(args[:end]):
        if arg == "--lang" or arg.startswith("--lang="):
            width = 2 if arg == "--lang" else 1
            return [*args[at : at + width], *args[:at], *args[at + width :]]
    return args


def _close_quietly() -> None:
    """The reader of stdout has gone (`| head`): nothing more can be said, and nothing needs be."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


PATHS = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
TEXT = click.argument("file", type=click.Path(allow_dash=True, readable=False))
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
JOBS = click.option("--jobs", type=click.IntRange(1), help="Worker processes [default: cores].")
QUIET = click.option("--quiet", is_flag=True, help="Tell failures only.")
GROUP = click.option(
    "--group",
    type=click.Choice(["none", "folder"]),
    default="none",
    show_default=True,
    help="folder: the page images of a folder are one document.",
)
SPLIT = click.option(
    "--split",
    type=click.Choice(["auto", "never"]),
    default="auto",
    show_default=True,
    help="auto: a file of several letters becomes a record for each.",
)
MODEL = click.option(
    "--model",
    type=click.Choice(["auto", "eng", "vie", "none"]),
    default="auto",
    show_default=True,
    help="The kind of damage: of an English or a Vietnamese OCR model.",
)
DICTIONARY = click.option(
    "--dictionary",
    "dictionaries",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A word list of your own (TSV); may be given again.",
)
LANGUAGE_MODEL = click.option(
    "--language-model",
    metavar="MODEL",
    type=click.Path(path_type=Path),
    help="A language model of your own, made by `congvan train`.",
)
LEARNED = click.option(
    "--learned", is_flag=True, help="Use what `congvan learn` learned in the output folder."
)

OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="Output folder.")
RETRY_FAILED = click.option(
    "--retry-failed", is_flag=True, help="Try again what failed in an earlier run."
)
MAX_FAILURES = click.option(
    "--max-failures", metavar="N|N%", help="Give up after so many failures in this run."
)
DEBUG_IMAGES = click.option(
    "--debug-images",
    is_flag=True,
    help="Draw what was seen on each page: debug/page-N.png (of documents processed now).",
)
DOCUMENT_TIMEOUT = click.option(
    "--document-timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Longest time for one document [default: 300 and 60 a page].",
)
DELIVERY = "delivery"
EXPORT = click.option(
    "--export",
    "export_kinds",
    metavar="KINDS",
    help="Also deliver all letters: pdfa,alto,hocr,markdown,archive-xml,signatures,xlsx,csv.",
)
EXPORT_SETTINGS = click.option(
    "--export-settings",
    "settings_file",
    metavar="FILE.toml",
    type=click.Path(path_type=Path),
    help="What only the archive knows (docs/export.md).",
)
ALLOW_SECRET = click.option(
    "--allow-secret", is_flag=True, help="Export letters marked secret, too."
)
BARE = "; a bare name lies in the delivery"
SCHEDULER = click.option(
    "--scheduler",
    metavar="tcp://HOST:8786",
    help="Work on a Dask cluster over shared storage, instead of here.",
)
LOG_JSON = click.option("--log-json", metavar="FILE|-", help="Write every event as a line of JSON.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["en", "vi"]), help="Language [default: the locale's].")
@click.version_option(VERSION, prog_name="congvan")
def main(lang: str | None) -> None:
    """Scanned Vietnamese official letters to clean text, records and search hits."""
    set_language(cast(Language, lang) if lang else language_of_environment())


@main.command()
@PATHS
@OUT
@JOBS
@GROUP
@SPLIT
@MODEL
@DICTIONARY
@LANGUAGE_MODEL
@LEARNED
@click.option(
    "--existing",
    type=click.Choice(["skip", "redo"]),
    default="skip",
    show_default=True,
    help="What to do with documents that are done already.",
)
@RETRY_FAILED
@MAX_FAILURES
@DEBUG_IMAGES
@DOCUMENT_TIMEOUT
@EXPORT
@EXPORT_SETTINGS
@ALLOW_SECRET
@SCHEDULER
@LOG_JSON
@JSON
@QUIET
def process(
    paths: tuple[Path, ...],
    out: Path,
    jobs: int | None,
    group: str,
    split: str,
    model: str,
    dictionaries: tuple[Path, ...],
    language_model: Path | None,
    learned: bool,
    existing: str,
    retry_failed: bool,
    max_failures: str | None,
    debug_images: bool,
    document_timeout: float | None,
    export_kinds: str | None,
    settings_file: Path | None,
    allow_secret: bool,
    scheduler: str | None,
    log_json: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read, restore and take apart every document.

    Each letter gets a folder below --out. A run always continues the one before: what is done is
    skipped. With --json, one line of JSON on stdout for each document. --export delivers all
    letters of --out to its folder delivery/ at the end, as `congvan export` does.

    Example: congvan process scans/ --out out/
    """
    from pipeline.export.archive import archive_settings
    from pipeline.export.deliver import wanted_kinds

    wanted = wanted_kinds(export_kinds, allow_secret=allow_secret) if export_kinds else None
    archive = archive_settings(settings_file, None)
    from pipeline.batch.cluster import cluster_at
    from pipeline.batch.limits import FailureLimit, TimeLimit
    from pipeline.batch.plan import Wish
    from pipeline.batch.run import Order, run_batch, usable_cores
    from pipeline.batch.workers import Workers

    order = Order(
        paths,
        out,
        _settings(group, model, dictionaries, language_model, split, out if learned else None),
        jobs or usable_cores(),
        Wish(redo=existing == "redo", retry_failed=retry_failed),
        FailureLimit.parse(max_failures) if max_failures else FailureLimit(),
        TimeLimit(document_timeout),
        debug_images,
        hire=cluster_at(scheduler, jobs) if scheduler else Workers,
    )
    with _reporters(quiet, as_json, log_json) as reporter:
        summary = run_batch(order, reporter)
    _tell_end(summary, out, quiet)
    ended = summary.exit_code
    if wanted and summary.letters and not (summary.stopped or summary.interrupted):
        ended = max(ended, _deliver(out, out / DELIVERY, wanted, archive, None, quiet))
    _exit(ended)


def _deliver(
    folder: Path,
    to: Path,
    wanted: Wanted,
    settings: ArchiveSettings,
    originals: Path | None,
    quiet: bool,
) -> ExitCode:
    """Export and tell what became of it."""
    from pipeline.export.deliver import deliver

    account = deliver(folder, to, wanted, settings, originals=originals)
    for problem in (*account.errors, *([] if quiet else account.notes)):
        click.echo(str(problem), err=True)
    if not quiet:
        told = {"documents": account.documents, "folder": to, "files": account.files}
        click.echo(message("export_done", **told), err=True)
    return ExitCode.SOME_FAILED if account.errors else ExitCode.OK


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@OUT
@click.option("--once", is_flag=True, help="Process what is there by now and end; for cron.")
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Seconds without a change after which a file counts as complete.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=5.0,
    show_default=True,
    help="Seconds between two looks into the folder.",
)
@JOBS
@GROUP
@SPLIT
@MODEL
@DICTIONARY
@LANGUAGE_MODEL
@LEARNED
@RETRY_FAILED
@MAX_FAILURES
@DEBUG_IMAGES
@DOCUMENT_TIMEOUT
@LOG_JSON
@JSON
@QUIET
def watch(
    folder: Path,
    out: Path,
    once: bool,
    settle: float,
    every: float,
    jobs: int | None,
    group: str,
    split: str,
    model: str,
    dictionaries: tuple[Path, ...],
    language_model: Path | None,
    learned: bool,
    retry_failed: bool,
    max_failures: str | None,
    debug_images: bool,
    document_timeout: float | None,
    log_json: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Process files as they arrive in a folder.

    A file is taken when it has not changed for a while; network folders and half-copied files
    are no trouble. Outputs, ledger and summary are those of `congvan process`.

    Example: congvan watch scans/ --out out/
    """
    from pipeline.batch.arrivals import WatchedFolder
    from pipeline.batch.limits import FailureLimit, TimeLimit
    from pipeline.batch.plan import Wish
    from pipeline.batch.run import Order, run_batch, usable_cores

    if not folder.is_dir():
        raise UsageError("watch_no_folder", path=folder)
    own = out if learned else None
    settings = _settings(group, model, dictionaries, language_model, split, own)
    order = Order(
        (folder,),
        out,
        settings,
        jobs or usable_cores(),
        Wish(retry_failed=retry_failed),
        FailureLimit.parse(max_failures) if max_failures else FailureLimit(),
        TimeLimit(document_timeout),
        debug_images,
        arrivals=WatchedFolder(folder, out, settings.group, settle, every, once),
    )
    if not (quiet or once):
        click.echo(message("watch_started", path=folder), err=True)
    with _reporters(quiet, as_json, log_json) as reporter:
        summary = run_batch(order, reporter)
    _tell_end(summary, out, quiet)
    _exit(summary.exit_code)


@contextmanager
def _reporters(quiet: bool, as_json: bool, log_json: str | None) -> Iterator[Reporter]:
    """Everyone who is to be told of a run's events."""
    from pipeline.batch.journal import STANDARD_OUTPUT, ResultLines, journal
    from pipeline.batch.news import Together
    from pipeline.batch.progress import reporter

    if as_json and log_json == STANDARD_OUTPUT:
        raise UsageError("log_and_json")
    with ExitStack() as stack:
        told: list[Reporter] = [reporter(quiet=quiet)]
        if as_json:
            told.append(ResultLines(sys.stdout))
        if log_json:
            told.append(stack.enter_context(journal(log_json)))
        yield Together(told)


def _tell_end(summary: Summary, out: Path, quiet: bool) -> None:
    from pipeline.batch.summary import closing_line, has_old_failures, table

    if not quiet:
        if summary.results:
            _console(stderr=True).print(table(summary))
        click.echo(closing_line(summary), err=True)
        click.echo(message("batch_outputs", path=out), err=True)
        if has_old_failures(summary):
            click.echo(message("batch_retry"), err=True)
    if summary.stopped:
        click.echo(str(summary.stopped), err=True)
    if summary.interrupted:
        click.echo(message("interrupted"), err=True)


@main.command()
@TEXT
@MODEL
@DICTIONARY
@LANGUAGE_MODEL
@JSON
def restore(
    file: str,
    model: str,
    dictionaries: tuple[Path, ...],
    language_model: Path | None,
    as_json: bool,
) -> None:
    """Correct the Vietnamese of an OCR text.

    FILE may be - for standard input. One output line for each input line; --json tells every
    change.

    Example: congvan restore old-ocr.txt > clean.txt
    """
    from pipeline.models import load_restorer
    from pipeline.records import read_plain_text

    text = read_plain_text(file).removesuffix("\n")
    settings = _settings("none", model, dictionaries, language_model)
    restorer = load_restorer(settings.dictionaries, settings.language_model)
    page = restorer.restore_text(text, settings.restore_model)
    if as_json:
        _print_json([asdict(line) for line in page.lines])
    else:
        click.echo("\n".join(line.text for line in page.lines))


@main.command()
@click.argument("word")
@click.option("--before", default="", help="The words before it.")
@click.option("--after", default="", help="The words after it.")
@MODEL
@DICTIONARY
@LANGUAGE_MODEL
@JSON
def explain(
    word: str,
    before: str,
    after: str,
    model: str,
    dictionaries: tuple[Path, ...],
    language_model: Path | None,
    as_json: bool,
) -> None:
    """Say why a word is read as it is.

    Its readings, the probability of each, and what each part of the score said.

    Example: congvan explain bố --before 'sửa đổi,' --after 'sung một số điều'
    """
    from pipeline.models import load_restorer
    from pipeline.restore.explanation import explanation

    settings = _settings("none", model, dictionaries, language_model)
    restorer = load_restorer(settings.dictionaries, settings.language_model)
    found = restorer.explain(word, before, after, settings.restore_model)
    if not found:
        raise NothingFoundError("nothing_to_explain", word=word)
    if as_json:
        _print_json([asdict(candidate) for candidate in found])
    else:
        click.echo(explanation(found))


@main.command()
@TEXT
def extract(file: str) -> None:
    """Take a clean text apart into a record.

    FILE may be - for standard input; the record (JSON) goes to stdout.

    Example: congvan extract clean.txt > record.json
    """
    from pipeline.process import extract_text
    from pipeline.records import read_plain_text

    click.echo(extract_text(read_plain_text(file), path=file).to_json(), nl=False)


INDEX = "FILE.sqlite|URL"


class QueryCommand(click.Command):
    """A command whose argument may begin with `-`, as in `-đê`: no option but -h is so short."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take what begins with one `-` for the argument."""
        query = [a for a in args if a[:1] == "-" and a[1:2] not in ("-", "") and a != "-h"]
        if query and "--" not in args:
            args = [*(a for a in args if a not in query), "--", *query]
        return super().parse_args(ctx, args)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--to", "target", required=True, metavar=INDEX, help="The index.")
@click.option(
    "--rebuild", is_flag=True, help="Build it anew; the older answers until that is done."
)
@click.option("--withdraw", is_flag=True, help="Take out letters that are no longer in DIR.")
@click.option(
    "--include-secret",
    "--allow-secret",
    "allow_secret",
    is_flag=True,
    help="Take in letters with a secrecy stamp, too.",
)
@JSON
def index(
    folder: Path, target: str, rebuild: bool, withdraw: bool, allow_secret: bool, as_json: bool
) -> None:
    """Put records into an index.

    DIR is an output folder of `congvan process`. The index is a file, or one on an OpenSearch
    server: https://host:9200/NAME, with credentials from the environment (docs/search.md). It can
    be run again at will, also after an interruption.

    Example: congvan index out/ --to letters.sqlite
    """
    from pipeline.search import connect
    from pipeline.search.deliver import deliver

    with connect(target, rebuild=rebuild) as letters:
        done = deliver(folder, letters, allow_secret=allow_secret, withdraw=withdraw)
    for line in done.problems():
        click.echo(line, err=True)
    if as_json:
        _print_json(done.data())
    click.echo(message("indexed", count=done.indexed, path=target), err=True)
    _exit(ExitCode.SOME_FAILED if done.failed else ExitCode.OK)


@main.command(cls=QueryCommand)
@click.argument("query")
@click.option("--in", "target", required=True, metavar=INDEX, help="The index.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True)
@click.option("--page", type=click.IntRange(1), default=1, help="Page of so many hits.")
@click.option("--offset", type=click.IntRange(0), help="Leave out so many hits instead.")
@click.option("--sort", type=click.Choice(["relevance", "date"]), default="relevance")
@click.option("--facets", is_flag=True, help="Tell years, bodies and types of all that is found.")
@JSON
def search(
    query: str,
    target: str,
    limit: int,
    page: int,
    offset: int | None,
    sort: Literal["relevance", "date"],
    facets: bool,
    as_json: bool,
) -> None:
    """Find letters and directives.

    Marks may be left out; a number (1046-CV/TU) finds the letter and those that cite it. Also:
    "a phrase", -not, date:2019-01..2019-12, body:"thành uỷ", type:CV, signer:, to:, actor:,
    number:, cites:50-KL/TW, kind:directive, each also in Vietnamese (docs/search.md).

    Example: congvan search 'chuyển đổi số' --in letters.sqlite
    """
    from pipeline.search import connect

    start = (page - 1) * limit if offset is None else offset
    with connect(target) as letters:
        results = letters.search(query, limit=limit, offset=start, sort=sort)
    if as_json:
        _print_json(asdict(results))
    elif results.hits:
        click.echo(results.text(start))
    for line in results.remarks(query, start):
        click.echo(line, err=True)
    if facets and results.total and not as_json:
        click.echo("\n" + results.facets.text())
    _exit(ExitCode.OK if results.hits else ExitCode.NOTHING_FOUND)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path), help="Where to [default: DIR/delivery].")
@click.option("--pdfa", is_flag=True, help="Searchable PDF/A-2u: the scan, the text beneath it.")
@click.option("--alto", is_flag=True, help="ALTO 4.4, one XML a page.")
@click.option("--hocr", is_flag=True, help="hOCR, one HTML a letter.")
@click.option("--markdown", is_flag=True, help="The letter as Markdown.")
@click.option("--archive-xml", is_flag=True, help="Fields of Thông tư 05/2025/TT-BNV.")
@click.option("--signatures", is_flag=True, help="Who signed the originals; does it still hold?")
@click.option("--xlsx", type=click.Path(path_type=Path), help=f"The catalogue for Excel{BARE}.")
@click.option("--csv", type=click.Path(path_type=Path), help=f"The catalogue as CSV{BARE}.")
@click.option(
    "--form",
    "forms",
    type=click.Choice(["party", "state", "both"]),
    default="both",
    show_default=True,
    help="The catalogue's form: 24 columns of the Party, 7 of the state.",
)
@click.option(
    "--settings",
    "settings_file",
    metavar="FILE.toml",
    type=click.Path(path_type=Path),
    help="What only the archive knows (docs/export.md).",
)
@click.option("--names", help="Pattern of file names [default: {number_symbol}].")
@click.option(
    "--originals",
    type=click.Path(path_type=Path),
    help="Where relative paths of scans begin [default: the current folder].",
)
@ALLOW_SECRET
@QUIET
def export(
    folder: Path,
    to: Path | None,
    xlsx: Path | None,
    csv: Path | None,
    forms: str,
    settings_file: Path | None,
    names: str | None,
    originals: Path | None,
    allow_secret: bool,
    quiet: bool,
    **parts: bool,
) -> None:
    """Make what an archive takes delivery of.

    DIR is an output folder of `congvan process`. The originals are never changed. A manifest with
    the SHA-256 of every file lies beside them; `congvan verify` checks it.

    Example: congvan export out/ --pdfa --alto --xlsx muc-luc.xlsx --to giao-nop/
    """
    from pipeline.export.archive import archive_settings
    from pipeline.export.deliver import Wanted

    asked = frozenset(name.replace("_", "-") for name, on in parts.items() if on)
    if not (asked or xlsx or csv):
        raise UsageError("export_nothing_asked")
    wanted = Wanted(
        asked,
        xlsx,
        csv,
        ("party", "state") if forms == "both" else (cast(Literal["party", "state"], forms),),
        allow_secret,
    )
    settings = archive_settings(settings_file, names)
    _exit(_deliver(folder, to or folder / DELIVERY, wanted, settings, originals, quiet))


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def verify(folder: Path) -> None:
    """Check a delivery against its manifest.

    Example: congvan verify giao-nop/
    """
    from pipeline.export.manifest import verify as compare

    verdict = compare(folder)
    for code in ("changed", "missing", "unlisted"):
        for path in getattr(verdict, code):
            click.echo(message(f"verify_{code}", path=path))
    if verdict.holds:
        click.echo(message("verify_good", folder=folder, count=verdict.good), err=True)
    _exit(ExitCode.OK if verdict.holds else ExitCode.SOME_FAILED)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="[default: any free one]")
@click.option("--who", help="Who decides [default: the name you are logged in with].")
@click.option(
    "--originals",
    type=click.Path(path_type=Path),
    help="Where relative paths of originals begin [default: here].",
)
@click.option(
    "--export-decisions",
    "export_to",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write all decisions to FILE, a line of JSON each, and end.",
)
@click.option("--estimate", is_flag=True, help="Tell the error rates that samples found, and end.")
@JSON
def review(
    folder: Path,
    port: int,
    who: str | None,
    originals: Path | None,
    export_to: Path | None,
    estimate: bool,
    as_json: bool,
) -> None:
    """Read letters beside their scans in a browser of this machine; confirm, reject, correct.

    Example: congvan review out/
    """
    import getpass

    from pipeline.batch.outputs import write_file
    from pipeline.review.decisions import Decisions, as_lines
    from pipeline.review.serve import serve

    if not folder.is_dir():
        raise UsageError("file_missing", path=folder)
    if export_to:
        lines = list(as_lines(Decisions(folder).all()))
        write_file(export_to, "".join(lines))
        click.echo(message("decisions_exported", count=len(lines), path=export_to), err=True)
        return

    if estimate:
        _tell_estimates(folder, as_json)
        return

    def announce(address: str) -> None:
        click.echo(message("review_at", address=address), err=True)

    serve(folder, who or getpass.getuser(), port, originals, announce)


def _tell_estimates(folder: Path, as_json: bool) -> None:
    from pipeline.messages import get_language
    from pipeline.review.acceptance import estimates

    found = estimates(folder)
    if not found:
        raise NothingFoundError("no_samples", path=folder)
    if as_json:
        _print_json([one.data() for one in found])
        return
    for one in found:
        click.echo(one.sentence(get_language()))
        click.echo("  " + one.account(get_language()))


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@JSON
def learn(folder: Path, as_json: bool) -> None:
    """Learn from what people confirmed: words, names, phrases, text, and how OCR misreads here.

    Writes DIR/dictionaries/, which `congvan process … --out DIR --learned` uses. What you want
    otherwise goes into own.tsv there, which is never written over.

    Example: congvan learn out/
    """
    from pipeline.review.learning import learn_from

    if not folder.is_dir():
        raise UsageError("file_missing", path=folder)
    done = learn_from(folder)
    if as_json:
        _print_json({**asdict(done), "folder": str(done.folder)})
    click.echo(message("learned", **asdict(done)), err=True)


@main.command()
@click.argument("gold", metavar="GOLD_DIR", type=click.Path(path_type=Path))
@click.option("--records", type=click.Path(path_type=Path), help="Outputs to score.")
@JOBS
@JSON
@QUIET
def evaluate(
    gold: Path, records: Path | None, jobs: int | None, as_json: bool, quiet: bool
) -> None:
    """Score records against truth.

    Without --records, the scans of GOLD_DIR are processed first.

    Example: congvan evaluate gold/ --records out/
    """
    from pipeline.batch.gold import processed
    from pipeline.batch.progress import reporter
    from pipeline.batch.run import usable_cores
    from pipeline.evaluate import evaluate as score

    if records:
        scores = score(gold, records)
    else:
        with processed(gold, Settings(), jobs or usable_cores(), reporter(quiet=quiet)) as out:
            scores = score(gold, out)
    _print_json(scores.to_json()) if as_json else click.echo(scores.table())


@main.command()
@PATHS
@GROUP
@JSON
def scan(paths: tuple[Path, ...], group: str, as_json: bool) -> None:
    """Say what files are; writes nothing.

    Example: congvan scan scans/
    """
    from pipeline.survey import findings_table, survey

    findings = list(survey(paths, _settings(group=group)))
    if not findings:
        raise NothingFoundError("no_documents", path=", ".join(map(str, paths)))
    if as_json:
        _print_json([finding.data() for finding in findings])
    else:
        _console().print(findings_table(findings))
    problems = any(finding.problem for finding in findings)
    _exit(ExitCode.SOME_FAILED if problems else ExitCode.OK)


@main.command()
@DICTIONARY
@JSON
def doctor(dictionaries: tuple[Path, ...], as_json: bool) -> None:
    """Check what this machine has and lacks.

    Programs, models, packages; says how to install what is missing.

    Example: congvan doctor
    """
    from pipeline.machine import checks

    found = list(checks(_settings(dictionaries=dictionaries)))
    if as_json:
        _print_json([check.data() for check in found])
    else:
        click.echo("\n".join(check.line() for check in found))
    missing = [check.name for check in found if check.needed and not check.ok]
    if missing:
        raise MissingError("machine_lacks", names=", ".join(missing))
    click.echo(message("machine_ready"), err=True)


@main.command()
@click.option("--text", type=click.Path(path_type=Path), help="Folder of texts.")
@click.option(
    "--reviewed",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Output folder with reviewed letters; without --text, on top of the built-in model.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model.")
@click.option(
    "--exclude",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Texts it must not learn from; may be given again.",
)
def train(text: Path | None, reviewed: Path | None, out: Path, exclude: tuple[Path, ...]) -> None:
    """Build the language model from texts, from reviewed letters, or from both.

    Use it with --language-model of `congvan process` and `congvan restore`.

    Example: congvan train --text corpus/ --out own.npz
    """
    from pipeline.models import train_model
    from pipeline.review.learning import teach_model

    if text:
        train_model(text, out, exclude)
    elif not reviewed:
        raise UsageError("train_from_what")
    if reviewed:
        teach_model(reviewed, out if text else None, out)


def _settings(
    group: str = "none",
    restore_model: str = "auto",
    dictionaries: tuple[Path, ...] = (),
    language_model: Path | None = None,
    split: str = "auto",
    learned_in: Path | None = None,
) -> Settings:
    from pipeline.restore.learned import learned_folder

    return Settings(
        group=cast(Literal["none", "folder"], group),
        split=cast(Literal["auto", "never"], split),
        restore_model=cast(Literal["auto", "eng", "vie", "none"], restore_model),
        dictionaries=tuple(path.resolve() for path in dictionaries),
        language_model=language_model.resolve() if language_model else None,
        learned=learned_folder(learned_in) if learned_in else None,
    )


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, width=None if terminal else PLAIN_WIDTH)


def _print_json(data: object) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _print_line(data: object) -> None:
    click.echo(json.dumps(data, ensure_ascii=False))


def _exit(code: ExitCode) -> NoReturn:
    raise click.exceptions.Exit(code)


if __name__ == "__main__":
    main()
