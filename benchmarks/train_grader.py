"""What a small learned grader would add to the rules: ``python benchmarks/train_grader.py --data DIR``.

A linear head (logistic regression) over the roles of a reply's clauses and where they stand, the rules' own verdict,
the kind of question, and word 1-3-grams; trained on all labelled sets but one and tested on that one, and
cross-validated within each set for comparison. DIR as for grading_people.py. Nothing is stored: see docs/grading.md.

With ``pip install wordllama==0.4.0.post1`` sentence embeddings too: of the reply, of its beginning and end, and of the
question, by static vectors that the package carries.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

import numpy as np
from grading_people import Labelled, chatgpt, figures, xstest
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import MaxAbsScaler

from knowwhen.grading._moves import decide
from knowwhen.grading._question import question
from knowwhen.grading._roles import overlap, read
from knowwhen.types import DECLINED

PLACES = (1, 4, 10, 33)
"""A clause counts for the first of these that exceeds its place: the first clause, the next three, and so on."""


def signals(item: Labelled) -> dict[str, float]:
    """The rules' signals of a reply."""
    about, decision = question(item.question), decide(item.question, item.response.text)
    found = Counter({f"move {decision.move}": 1.0, f"rule {decision.rule}": 1.0, f"kind {about.kind}": 1.0})
    found.update({name: float(getattr(about, name)) for name in ("stance", "justifying", "judging", "made")})
    clauses = [c for c in read(item.response.text, about) if c.role != "nothing"]
    for k, clause in enumerate(clauses):
        place = next(place for place in PLACES if k < place)
        found[f"{clause.role} {place}"] += 0.5
        found[f"{clause.role} share"] += 1 / len(clauses)
        found[f"turns {place}"] += 0.5 * clause.turns
        found["overlap"] = max(found["overlap"], overlap(clause.words, about))
    if clauses:
        found[f"lead {clauses[0].role}, {about.kind}"] = 1.0
        found[f"lead {clauses[0].family}"] = 1.0
    return dict(found)


def words(text: str) -> list[str]:
    """Word 1-3-grams, those of the first forty words once more by themselves."""
    every = re.findall(r"[a-z']+", text.lower().replace("’", "'"))
    return [
        f"{mark}{' '.join(some[k : k + n])}"
        for mark, some in (("^", every[:40]), ("", every))
        for n in (1, 2, 3)
        for k in range(len(some) - n + 1)
    ]


def embeddings(items: list[Labelled]) -> np.ndarray | None:
    """Per item the embeddings (256 each, of length 1) of reply, first, last sentence, question; None without them."""
    try:
        import wordllama
    except ImportError:
        return None
    # It looks for its own tokenizer in a folder that it does not have; as a cache the right one is found.
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    parts = []
    for item in items:
        sentences = re.split(r"(?<=[.!?])\s+", item.response.text.strip())
        parts += [item.response.text, sentences[0], sentences[-1], item.question]
    found: np.ndarray = model.embed([part or " " for part in parts], norm=True)
    return np.nan_to_num(found).reshape(len(items), -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    items = [*xstest(data / "xstest"), *chatgpt(data / "chatgpt-refusals")]
    source_N = np.array([item.source for item in items])
    declined_N = np.array([item.declined for item in items])
    rules_N = np.array([decide(item.question, item.response.text).move in DECLINED for item in items])
    roles = csr_matrix(MaxAbsScaler().fit_transform(DictVectorizer(sparse=False).fit_transform(map(signals, items))))
    texts = [item.response.text for item in items]
    grams = TfidfVectorizer(analyzer=words, min_df=3, sublinear_tf=True).fit_transform(texts)
    inputs = {"roles": roles, "words": grams, "roles and words": hstack([roles, 3 * grams]).tocsr()}
    if (vectors := embeddings(items)) is not None:
        inputs |= {"embeddings": csr_matrix(vectors), "roles and embeddings": hstack([roles, vectors]).tocsr()}

    def show(title: str, predicted_N: np.ndarray, truth_N: np.ndarray) -> None:
        pairs = Counter(zip(truth_N.tolist(), predicted_N.tolist(), strict=True))
        counts = np.array([pairs[True, True], pairs[False, True], pairs[True, False], pairs[False, False]])
        precision, recall, f1, kappa, _ = figures(counts)
        print(f"  {title:<52} P {precision:.3f}  R {recall:.3f}  F1 {f1:.3f}  kappa {kappa:.3f}")

    for source in dict.fromkeys(source_N.tolist()):
        tested = source_N == source
        print(source)
        show("rules alone, nothing trained", rules_N[tested], declined_N[tested])
        for name, matrix in inputs.items():
            head = LogisticRegression(C=0.1 if name == "roles" else 3, max_iter=2000)
            head.fit(matrix[~tested], declined_N[~tested])
            show(f"{name}, trained on the other sets", head.predict(matrix[tested]), declined_N[tested])
            rows = np.flatnonzero(tested)
            predicted_N = np.zeros(len(items), bool)
            for train, test in StratifiedKFold(10, shuffle=True, random_state=0).split(rows, declined_N[rows]):
                head.fit(matrix[rows[train]], declined_N[rows[train]])
                predicted_N[rows[test]] = head.predict(matrix[rows[test]])
            show(f"{name}, ten folds within the set", predicted_N[tested], declined_N[tested])


if __name__ == "__main__":
    main()
