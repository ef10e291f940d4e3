"""The peer: the bare classifier, word and character TF-IDF with one logistic regression a signal, over JSON Lines.

`python -m benchmarks.bare_tfidf < posts.jsonl`. It is fitted on the shipped corpora when it starts; it tells four
probabilities and nothing else: no entities, no criteria, no evidence, no urgency.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union

from nlp.types import SIGNALS
from pipeline.train import corpora_folder, read_rows, training_files

_CHUNK = 256


def classifiers() -> tuple[Any, list[LogisticRegression]]:
    """Return the vectoriser and one classifier a signal, fitted on the shipped corpora."""
    rows = list(read_rows(training_files(corpora_folder())))
    vectors = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=4, sublinear_tf=True),
    )
    matrix = vectors.fit_transform([row.text for row in rows])
    solver = {"solver": "liblinear", "dual": True, "random_state": 0, "max_iter": 10_000}
    models = [
        LogisticRegression(C=10, class_weight="balanced", **solver).fit(matrix, [name in row.signals for row in rows])
        for name in SIGNALS
    ]
    return vectors, models


def answers(lines: Iterator[str]) -> Iterator[dict[str, object]]:
    vectors, models = classifiers()
    while chunk := list(islice(lines, _CHUNK)):
        rows = [json.loads(line) for line in chunk]
        matrix = vectors.transform([row["text"] for row in rows])
        scores = [model.predict_proba(matrix)[:, 1] for model in models]
        for row, *found in zip(rows, *scores, strict=True):
            yield {"id": row["id"], **{name: round(float(one), 4) for name, one in zip(SIGNALS, found, strict=True)}}


def main() -> None:
    for answer in answers(iter(sys.stdin)):
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
