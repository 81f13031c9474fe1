#!/usr/bin/env python3
"""Contracts of the command line (docs/algorithms/draw.md), tested from outside.

Runs build/release/shuangjian, or the program $SHUANGJIAN names. Prints one line for each failure
and ends with `N passed, N failed`. `run.py errors receipts` runs only these parts.
"""
import random
import sys
import time

import check_cases
import check_errors
import check_large
import check_receipts
import check_rules
import check_verify
import common
import oracle

PARTS = {
    "errors": check_errors.checks,
    "cases": check_cases.checks,
    "rules": check_rules.checks,
    "verify": check_verify.checks,
    "receipts": check_receipts.checks,
    "large": check_large.checks,
    "oracle": oracle.checks,
}


def main():
    common.need_binary()
    tally = common.Tally()
    for name in sys.argv[1:] or PARTS:
        began = time.monotonic()
        PARTS[name](tally, random.Random(name))
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
