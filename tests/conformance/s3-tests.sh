#!/usr/bin/env bash
# Runs the public suite ceph/s3-tests against an objd of its own and compares the outcome with s3-tests-passing.txt.
#   tests/conformance/s3-tests.sh CHECKOUT [options]     --help lists them; docs/contributing.md says more
# CHECKOUT is a clone of the suite: it is not part of this project and nothing fetches it. The suite wants a current boto3;
# S3TESTS_PYTHON names an interpreter that has one, else a virtual environment is made in build/conformance.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

readonly VENV=build/conformance/venv
readonly NEEDED=(boto3 pytest pytest-xdist munch isodate pytz requests lxml httplib2 pyyaml)

python=${S3TESTS_PYTHON:-$VENV/bin/python}
if [ -z "${S3TESTS_PYTHON:-}" ] && ! "$python" -c 'import boto3, pytest, xdist, munch, isodate, pytz, lxml' 2>/dev/null; then
  mkdir -p build/conformance
  /usr/bin/python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet "${NEEDED[@]}"
fi
exec /usr/bin/python3 tests/conformance/s3_tests.py --python "$python" "$@"
