"""The peer: presidio-analyzer over JSON Lines, `python -m benchmarks.presidio < posts.jsonl`.

French through spaCy's `fr_core_news_sm`; English through a blank spaCy pipeline and presidio's own pattern recognisers,
since no English model is installed and nothing may be downloaded. A mixed post is read in both languages.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

SAID = (
    "presidio-analyzer reads French with fr_core_news_sm and English with a blank spaCy pipeline plus its pattern "
    "recognisers (no English model, no download); mixed posts in both. It finds entities only: no signals, no urgency."
)


def analyser() -> Any:
    """Return a presidio analyser for French and English that loads nothing from the network."""
    # Imported here: the peer is optional, and `python -m benchmarks` says how to install it.
    spacy, tldextract = import_module("spacy"), import_module("tldextract")
    presidio, nlp_engine = import_module("presidio_analyzer"), import_module("presidio_analyzer.nlp_engine")
    # The e-mail recogniser asks for the public suffix list on the network; the copy in the package does.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # type: ignore[attr-defined]  # ModuleType is bare
    engine = nlp_engine.SpacyNlpEngine(models=[{"lang_code": "fr", "model_name": "fr_core_news_sm"}])
    engine.nlp = {"fr": spacy.load("fr_core_news_sm"), "en": spacy.blank("en")}
    registry = presidio.RecognizerRegistry(supported_languages=["fr", "en"])
    registry.load_predefined_recognizers(languages=["fr", "en"], nlp_engine=engine)
    return presidio.AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=["fr", "en"])


def languages(lang: str) -> tuple[str, ...]:
    return ("fr", "en") if lang == "mixed" else (lang,)


def answers(lines: Iterator[str]) -> Iterator[dict[str, object]]:
    engine = analyser()
    for line in lines:
        row = json.loads(line)
        found = [one for lang in languages(row["lang"]) for one in engine.analyze(row["text"], language=lang)]
        yield {
            "id": row["id"],
            "entities": [{"start": one.start, "end": one.end, "type": one.entity_type} for one in found],
        }


def main() -> None:
    for answer in answers(iter(sys.stdin)):
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
