"""Runs ceph/s3-tests against one objd, prints a table by area and compares with the list of cases that pass.

Exit status: 0 when everything of the list passed again and objd answered nothing with a 5xx but 501; 1 otherwise; 2 when
the suite did not run. With --update the list is written anew instead of compared.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from objd_process import Objd  # noqa: E402

LIST = HERE / "s3-tests-passing.txt"
SUITE_SECONDS_MAX = 3600
# The suite's own users, as its sample configuration calls them. Each is an account of its own.
USERS = {
    "s3 main": {"user_id": "testid", "display_name": "M. Tester", "email": "tester@ceph.com"},
    "s3 alt": {"user_id": "56789abcdef0123456789abcdef", "display_name": "john.doe", "email": "john.doe@example.com"},
    "s3 tenant": {"user_id": "testx$9876543210abcdef", "display_name": "testx$tenanteduser",
                  "email": "tenanteduser@example.com", "tenant": "testx"},
    "iam": {"user_id": "0123456789abcdef0123456789abcdef", "display_name": "youruseridhere", "email": "s3@example.com"},
    "iam root": {"user_id": "RGW11111111111111111", "display_name": "account1", "email": "account1@ceph.com"},
    "iam alt root": {"user_id": "RGW22222222222222222", "display_name": "account2", "email": "account2@ceph.com"},
}
# What counts all buckets of a user wants to be alone.
ALONE = ["s3tests/functional/test_s3.py::test_list_buckets_paginated"]
# What a current boto3 does not send over TLS: it takes the header that the case spoils away itself, since it cuts the body into
# chunks there, and what arrives is right.
NOT_OVER_TLS = {"test_headers::test_object_create_bad_contentlength_empty"}
# The first that matches a case's file and name is its area.
AREAS = [
    ("IAM", r"test_iam|_iam_|account_"), ("STS", r"test_sts"), ("S3 Select", r"test_s3select"), ("SNS", r"test_sns"),
    ("auth and malformed headers", r"test_headers"),
    ("bucket logging", r"bucket_logging|_logging_"),
    ("SSE", r"encrypt|sse_|_kms|_sse"),
    ("object lock", r"object_lock|legal_hold|retention"),
    ("lifecycle", r"lifecycle|_restore|cloud_transition|read_through"),
    ("POST object", r"post_object"), ("CORS", r"cors"), ("website", r"website"),
    ("public access block", r"public_block|block_public|ignore_public|public_access_block|restrict_public"),
    ("bucket policy", r"policy|_deny_"),
    ("ownership", r"ownership|object_writer|bucket_owner_enforced"),
    ("conditional requests", r"ifmatch|ifnonematch|ifmodified|ifunmodified|if_match|if_none_match|_conditional|ifnone"),
    ("versioning", r"version"), ("tagging", r"tagging|tags"),
    ("multi-delete", r"multi_object_delete|multiobject_delete"),
    ("listing", r"list"), ("ACL and anonymous", r"acl|_grant|anon|object_raw|access_bucket_|bucket_header_acl"),
    ("checksums", r"checksum"), ("multipart", r"multipart|upload_part"), ("presigned", r"presigned|x_amz_expires"),
    ("copy", r"copy"), ("range", r"ranged|range"), ("atomicity", r"atomic"),
    ("buckets", r"bucket"), ("objects", r"."),
]


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=pathlib.Path, help="a clone of ceph/s3-tests")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the packages of the suite")
    parser.add_argument("--tls", action="store_true", help="over TLS: then boto3 sends checksums in trailers")
    parser.add_argument("--update", action="store_true", help="write the list of passing cases anew")
    parser.add_argument("-n", type=int, default=4, metavar="N", help="processes of the suite (4)")
    parser.add_argument("--listed", action="store_true", help="only what passed before: a quicker look for what no longer does")
    parser.add_argument("-k", default="", metavar="EXPR", help="some cases only; compared with their part of the list")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep log, report and store in this folder")
    return parser.parse_args()


def keys_of(section):
    """Access key and secret of a section: made up, and the same in every run."""
    name = re.sub(r"[^A-Z]", "", section.upper())
    return f"S3TESTS{name}", f"the-secret-of-{section.replace(' ', '-')}"


def write_bootstrap(path):
    lines = []
    for section, user in USERS.items():
        access_key, secret_key = keys_of(section)
        account = re.sub(r"[^A-Za-z0-9]", "-", user["user_id"])
        lines += ["[[account]]", f'id = "{account}"', "[[account.user]]"]
        lines += [f'{name} = "{user[key]}"' for name, key in
                  (("id", "user_id"), ("display_name", "display_name"), ("email", "email"))]
        lines += ["[[account.user.key]]", f'access_key = "{access_key}"', f'secret_key = "{secret_key}"', ""]
    path.write_text("\n".join(lines))
    path.chmod(0o600)


def write_configuration(path, objd):
    lines = ["[DEFAULT]", "host = 127.0.0.1", f"port = {objd.port}", f"is_secure = {objd.scheme == 'https'}",
             "ssl_verify = False", "[fixtures]", "bucket prefix = s3t-{random}-"]
    for section, user in USERS.items():
        access_key, secret_key = keys_of(section)
        lines += [f"[{section}]", f"access_key = {access_key}", f"secret_key = {secret_key}", "api_name = us-east-1"]
        lines += [f"{name} = {value}" for name, value in user.items()]
    # Placeholders, so that the cases that need an identity provider fail one by one.
    lines += ["[webidentity]", *(f"{name} = none" for name in
                                 ("token", "aud", "sub", "azp", "user_token", "thumbprint", "KC_REALM"))]
    path.write_text("\n".join(lines) + "\n")


def make_certificate(folder):
    """Certificate and key of 127.0.0.1."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=objd test",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


def start_objd(folder, tls):
    write_bootstrap(folder / "users.toml")
    arguments = ["--bootstrap", folder / "users.toml", "--log-format", "json"]
    if tls:
        certificate, key = make_certificate(folder)
        arguments += ["--tls-cert", certificate, "--tls-key", key]
    return Objd(folder / "store", [str(a) for a in arguments], scheme="https" if tls else "http").start()


def run_suite(chosen, folder, objd):
    """Case -> passed, failed or skipped."""
    write_configuration(folder / "s3tests.conf", objd)
    cases = [f"s3tests/functional/{case.replace('::', '.py::')}" for case in listed(chosen.tls)] if chosen.listed else ["s3tests/functional"]
    outcome = run_cases(chosen, folder, "report", ["-n", str(chosen.n), *cases, *(["-k", chosen.k] if chosen.k else [])])
    if not chosen.k and not chosen.listed:
        outcome.update(run_cases(chosen, folder, "alone", ["-p", "no:xdist", *ALONE]))
    return outcome


def run_cases(chosen, folder, name, arguments):
    report = folder / f"{name}.xml"
    command = [os.path.abspath(chosen.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
               f"--junit-xml={report}", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BOTO_"))}
    environment.update(S3TEST_CONF=str(folder / "s3tests.conf"), PYTHONDONTWRITEBYTECODE="1", NO_PROXY="*")
    log = folder / f"{name}.log"
    with open(log, "wb") as out:
        subprocess.run(command, cwd=chosen.checkout, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                       timeout=SUITE_SECONDS_MAX)
    if not report.exists():
        sys.exit(f"the suite did not run:\n{log.read_text()[-3000:]}")
    outcome = {}
    for case in tree.parse(report).getroot().iter("testcase"):
        name = case.get("classname").rsplit(".", 1)[-1] + "::" + case.get("name")
        states = {child.tag for child in case}
        state = "failed" if states & {"failure", "error"} else "skipped" if "skipped" in states else "passed"
        if outcome.get(name) != "failed":  # a case may fail and then fail again in its teardown
            outcome[name] = state
    return outcome


def area_of(case):
    return next(area for area, pattern in AREAS if re.search(pattern, case))


def print_table(outcome):
    rows = collections.defaultdict(collections.Counter)
    for case, state in outcome.items():
        rows[area_of(case)][state] += 1
    total = collections.Counter(outcome.values())
    print(f"{'area':32} {'passed':>7} {'failed':>7} {'skipped':>8} {'cases':>6}")
    for area, row in sorted(rows.items()) + [("all", total)]:
        print(f"{area:32} {row['passed']:7} {row['failed']:7} {row['skipped']:8} {sum(row.values()):6}")


def server_errors(log):
    """The lines of objd's access log with a 5xx other than 501."""
    found = []
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            status = entry.get("status")
            if isinstance(status, int) and status >= 500 and status != 501:
                found.append(line.strip())
    return found


def listed(tls):
    """The cases that passed before."""
    known = set(LIST.read_text().split()) if LIST.exists() else set()
    return sorted(known - NOT_OVER_TLS if tls else known)


def compare(outcome, part, tls):
    """Whether everything passed again that is in the list."""
    known = set(listed(tls))
    passed = {case for case, state in outcome.items() if state == "passed"}
    lost = sorted(case for case in known - passed if case in outcome or not part)
    for case in sorted(passed - known):
        print(f"new:  {case}")
    for case in lost:
        print(f"LOST: {case} ({outcome.get(case, 'not there')})")
    print(f"{len(passed)} of {len(outcome)} cases passed; {len(passed - known)} of them are not in {LIST.name}; "
          f"{len(lost)} of it did not pass")
    return not lost


def main():
    chosen = options()
    chosen.checkout = chosen.checkout.resolve()
    if not (chosen.checkout / "s3tests/functional").is_dir():
        sys.exit(f"{chosen.checkout} is no clone of ceph/s3-tests")
    folder = chosen.keep.resolve() if chosen.keep else pathlib.Path(tempfile.mkdtemp(prefix="objd-s3-tests-"))
    folder.mkdir(parents=True, exist_ok=True)
    objd = start_objd(folder, chosen.tls)
    try:
        outcome = run_suite(chosen, folder, objd)
    finally:
        status = objd.stop()
    print_table(outcome)
    errors = server_errors(objd.log)
    print(f"objd: exit status {status}, {len(errors)} answers with 500 or 502 and above", *errors[:20], sep="\n")
    fine = status == 0 and not errors
    if chosen.update:
        LIST.write_text("\n".join(sorted(case for case, state in outcome.items() if state == "passed")) + "\n")
        print(f"{LIST.name} is written")
    elif not compare(outcome, bool(chosen.k), chosen.tls):
        fine = False
    if not chosen.keep:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
