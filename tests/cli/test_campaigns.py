#!/usr/bin/env python3
"""A sample of the campaigns against a roster's run; all of them is what `make soak` does."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../soak"))
import campaigns  # noqa: E402  pylint: disable=wrong-import-position
import harness  # noqa: E402  pylint: disable=wrong-import-position
from harness import case  # noqa: E402  pylint: disable=wrong-import-position

SEED = 20
# The sanitizers' build takes three times as long, and what it finds does not hang on how often.
PART = 3 if campaigns.ASAN else 1


@case("killed at a system call, once and again: none lost, none doubled, nothing sent undurably")
def _():
    campaigns.need_strace()
    campaigns.kills_at_calls(sample=60 // PART, seed=SEED).check()
    campaigns.repeated_kills(15 // PART, SEED).check()


@case("cut at a byte of an exchange, in clear and over TLS: healed or resumed, exactly once")
def _():
    campaigns.cuts(False, sample=150 // PART, seed=SEED).check()
    campaigns.cuts(True, sample=90 // PART, seed=SEED).check()


@case("storms with kills: server, log, journal and report agree after every run")
def _():
    campaigns.storms(120 // PART, SEED).check()


@case("the same storms, with the roster applied: what was there is told as it is, and put right")
def _():
    campaigns.storms(60 // PART, SEED, ["roster", "apply"]).check()


@case("a journal cut at a byte or with a bit flipped is refused or gone on with rightly")
def _():
    campaigns.damaged_journals("cut", sample=60 // PART, seed=SEED).check()
    campaigns.damaged_journals("flip", sample=90 // PART, seed=SEED).check()


@case("a call that fails: exit 10 says why, nothing is sent undurably, the next run goes on")
def _():
    campaigns.need_strace()
    campaigns.failing_calls(sample=90 // PART, seed=SEED).check()
    campaigns.failing_calls(sample=30 // PART, seed=SEED, torn=True).check()


@case("a full disk, at a byte and in earnest: exit 10, and with room made the run goes on")
def _():
    campaigns.small_files(sample=30 // PART, seed=SEED).check()
    campaigns.full_disks((1, 2)).check()


if __name__ == "__main__":
    harness.main()
