"""The gradient of exact training through a model's weights, for sets of listed and drawn replies: against finite
differences, and against the average of sampled ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from tests.models import tiny

from knowwhen.training.forest import plant, reply_logprobs
from knowwhen.training.trainers import exact
from knowwhen.training.trainers.exact import Drawn, Question

Moved = tuple[Callable[[float], torch.Tensor], Callable[[torch.Tensor], float]]
PROMPT = (1, 5, 6, 7)
REPLIES = [(8, 9, 2), (8, 9, 3), (10, 11), (12,), (4, 4, 5, 6)]
"""One answer with two confidences behind it, a second answer, and two ways to decline."""
ANSWERS = (0, 0, 2, 3, 4)
REWARDS = (1.0, 0.4, -1.0, 0.0, 0.3)


def question(model: Any) -> Question:
    """A question whose drawn replies were made when the model stood elsewhere: one has gained more than counts."""
    bare = Question((PROMPT, REPLIES), (2, 2, 2, 1, 4), ANSWERS, None, REWARDS, ("right",) * 5, "known answer")
    with torch.no_grad():
        (forest,) = plant([bare.group])
        stem_R, _ = reply_logprobs(model, forest, bare.stems)
    then = (stem_R[0].item() - 0.7, stem_R[2].item() - exact.REACH - 1.0, stem_R[3].item(), stem_R[4].item() - 0.2)
    drawn = Drawn((0.5, 0.25, None, None), then)
    return Question(bare.group, bare.stems, bare.answer_R, drawn, bare.rewards, bare.moves, bare.stratum)


@pytest.fixture
def moved() -> Moved:
    """(log_R of the policy with the weights moved so far along a direction, the derivative of a value along it)."""
    model = tiny.model()
    asked = question(model)
    weights = [weight for name, weight in model.named_parameters() if "proj" in name]
    rng = torch.Generator().manual_seed(0)
    along = [torch.randn(weight.shape, generator=rng) for weight in weights]

    def policy(step: float) -> torch.Tensor:
        before = [weight.data for weight in weights]
        for weight, way in zip(weights, along, strict=True):
            weight.data = weight.data + step * way
        ((_, log_R),) = next(exact._policies(model, [asked]))
        for weight, value in zip(weights, before, strict=True):
            weight.data = value
        return log_R

    def slope(value: torch.Tensor) -> float:
        grads = torch.autograd.grad(value, weights, retain_graph=True)
        return math.fsum(float((grad * way).sum()) for grad, way in zip(grads, along, strict=True))

    return policy, slope


def test_the_gradient_through_the_weights_is_that_of_finite_differences(moved: Moved) -> None:
    policy, slope = moved
    start_R = policy(0.0).detach() + torch.tensor([0.1, -0.2, 0.0, 0.3, -0.1])

    def worth(step: float) -> torch.Tensor:
        reward, kl, _ = exact.expected(policy(step), REWARDS, start_R)
        return reward - 0.3 * kl

    step = 2e-3
    with torch.no_grad():
        measured = (worth(step) - worth(-step)).item() / (2 * step)
    assert abs(measured) > 0.05, "a direction that matters"
    assert slope(worth(0.0)) == pytest.approx(measured, rel=0.02)


def test_the_gradient_through_the_weights_is_the_average_of_sampled_ones(moved: Moved) -> None:
    policy, slope = moved
    log_R = policy(0.0)
    reward, _, policy_R = exact.expected(log_R, REWARDS)
    assert policy_R.sum().item() == pytest.approx(1.0, abs=1e-5)
    score_R = np.array([slope(one) for one in log_R])
    chance_R = policy_R.detach().double().numpy()
    drawn = np.random.default_rng(0).choice(5, 200_000, p=chance_R / chance_R.sum())
    sampled = np.array(REWARDS)[drawn] * score_R[drawn]
    error = sampled.std() / math.sqrt(len(drawn))
    assert abs(sampled.mean() - slope(reward)) < 4 * error
    assert error < 0.1 * abs(slope(reward)), "enough samples to tell"
