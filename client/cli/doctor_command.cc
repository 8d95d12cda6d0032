#include <objstore/client.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "client/cli/admin_commands.h"
#include "client/cli/location.h"
#include "common/base/digest.h"

namespace objstore::cli {
namespace {

// One check after the other; what depends on one that failed is left out.
class Doctor {
 public:
  Doctor(Session& session, const DoctorArguments& arguments) : session_(session), arguments_(arguments) {}
  ExitCode run();

 private:
  enum class Verdict { kOk, kWarning, kFailed };
  void say(Verdict verdict, const char* check, const std::string& text);
  void fail_with(const char* check, const Error& error, const std::string& advice);
  bool reaches();
  void judge_tls();
  bool judge_clock(std::int64_t skew_ms);
  bool judge_credentials();
  void judge_bucket();
  void judge_writing(const BucketName& bucket);
  bool uses_tls() const { return session_.client_options().endpoint.starts_with("https://"); }

  Session& session_;
  const DoctorArguments& arguments_;
  ExitCode code_ = kExitOk;
};

void Doctor::say(Verdict verdict, const char* check, const std::string& text) {
  const char* word = verdict == Verdict::kOk ? "ok" : verdict == Verdict::kWarning ? "warning" : "FAILED";
  if (session_.json()) {
    session_.print(JsonLine().add("check", check).add("verdict", word).add("message", text));
    return;
  }
  std::string line = word;
  constexpr std::size_t kVerdictColumn = 9;
  constexpr std::size_t kCheckColumn = 13;
  line.resize(kVerdictColumn, ' ');
  std::string name = check;
  name.resize(kCheckColumn, ' ');
  session_.print_name(line + name + text);
}

void Doctor::fail_with(const char* check, const Error& error, const std::string& advice) {
  if (code_ == kExitOk) code_ = exit_code_of(error.code);
  say(Verdict::kFailed, check, error.message + (advice.empty() ? "" : ": " + advice));
}

bool Doctor::reaches() {
  const std::string& endpoint = session_.client_options().endpoint;
  const auto started = std::chrono::steady_clock::now();
  const auto skew = session_.client().clock_skew_ms();
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count();
  if (!skew) {
    const bool tls = skew.error().message.contains("TLS") || skew.error().message.contains("certificate");
    std::string advice =
        "check that a server runs there and that no firewall is between; --endpoint or "
        "OBJCLI_ENDPOINT names another one";
    if (tls) {
      advice =
          "--ca-bundle or AWS_CA_BUNDLE names the authority of a certificate of your own; a server without TLS "
          "wants http://";
    } else if (skew.error().code == Errc::kMalformed) {
      advice = "what answers there is no S3 server";
    }
    fail_with("endpoint", skew.error(), advice);
    return false;
  }
  say(Verdict::kOk, "endpoint", endpoint + " answers, after " + std::to_string(ms) + " ms");
  judge_tls();
  return judge_clock(*skew);
}

void Doctor::judge_tls() {
  const auto& options = session_.client_options();
  if (uses_tls()) {
    if (options.verify_tls) return say(Verdict::kOk, "TLS", "the certificate is trusted");
    return say(Verdict::kWarning, "TLS", "certificates are not verified: whoever is in between reads and changes all");
  }
  const bool local = options.endpoint.starts_with("http://127.") || options.endpoint.starts_with("http://localhost") ||
                     options.endpoint.starts_with("http://[::1]");
  if (local) return say(Verdict::kOk, "TLS", "none, and none is needed on this machine");
  say(Verdict::kWarning, "TLS", "none: requests are signed, but everybody in between can read what is sent");
}

bool Doctor::judge_clock(std::int64_t skew_ms) {
  // S3 refuses what is more than fifteen minutes off.
  constexpr std::int64_t kRefusedMs = 15 * 60 * 1000;
  constexpr std::int64_t kNotableMs = 30 * 1000;
  constexpr std::int64_t kMsPerSecond = 1000;
  const std::int64_t off = std::abs(skew_ms);
  const std::string text = "this machine's clock is " + std::to_string(off / kMsPerSecond) + " s " +
                           (skew_ms > 0 ? "behind" : "ahead of") + " the server's";
  if (off >= kRefusedMs) {
    fail_with("clock", {Errc::kClockSkew, text},
              "signed requests are refused; set the clock (timedatectl set-ntp true)");
    return false;
  }
  if (off >= kNotableMs) {
    say(Verdict::kWarning, "clock", text + ": from 15 minutes on requests are refused");
  } else {
    say(Verdict::kOk, "clock", "agrees with the server's");
  }
  return true;
}

bool Doctor::judge_credentials() {
  const auto& credentials = session_.client_options().credentials;
  if (!credentials) {
    say(Verdict::kWarning, "credentials",
        "none: only what is public can be read; `objcli config` sets up a profile, and AWS_SHARED_CREDENTIALS_FILE may "
        "name the server's root-credentials file");
    return true;
  }
  const std::string who = credentials->access_key + " of " + session_.credentials_from();
  const auto buckets = session_.client().list_buckets();
  if (buckets) {
    const std::string count = std::to_string(buckets->size()) + (buckets->size() == 1 ? " bucket" : " buckets");
    say(Verdict::kOk, "credentials", who + ", sees " + count);
    return true;
  }
  if (buckets.error().code == Errc::kAccessDenied) {
    say(Verdict::kOk, "credentials", who + ", known to the server, may not list all buckets");
    return true;
  }
  const bool secret = buckets.error().code == Errc::kSignatureMismatch;
  fail_with("credentials", buckets.error(),
            secret ? "the secret key of " + who + " is wrong" : "check the access key " + who);
  return false;
}

void Doctor::judge_writing(const BucketName& bucket) {
  std::array<std::byte, 8> random{};
  fill_random(random);
  const auto key = ObjectKey::parse(".objcli-doctor-" + to_hex(random));
  const client::ObjectName object{bucket, *key};
  constexpr std::string_view kText = "objcli doctor was here";
  const auto put = session_.client().put_bytes(object, as_bytes(kText));
  if (!put) return fail_with("write", put.error(), "ask for a policy that allows s3:PutObject");
  std::string back;
  const auto got = session_.client().get(object, [&](std::span<const std::byte> bytes) -> Status {
    back += as_text(bytes);
    return {};
  });
  const auto removed = session_.client().remove(object);
  if (!got) return fail_with("read", got.error(), "ask for a policy that allows s3:GetObject");
  if (back != kText) return fail_with("read", {Errc::kDigestMismatch, "what came back is not what was stored"}, {});
  if (!removed) {
    return fail_with("remove", removed.error(), "ask for s3:DeleteObject; " + object.key.str() + " was left there");
  }
  say(Verdict::kOk, "write", "an object was stored, read and removed again");
}

void Doctor::judge_bucket() {
  const auto path = RemotePath::parse(arguments_.bucket);
  if (!path) return fail_with("bucket", path.error(), {});
  auto pager = session_.client().list(path->bucket, {.prefix = path->key, .page_size = 1});
  const auto page = pager.next();
  if (!page) {
    const bool denied = page.error().code == Errc::kAccessDenied;
    fail_with("bucket", page.error(), denied ? "ask for a policy that allows s3:ListBucket" : "");
  } else {
    say(Verdict::kOk, "bucket", path->bucket.str() + " can be listed");
  }
  if (arguments_.write) judge_writing(path->bucket);
}

ExitCode Doctor::run() {
  if (reaches() && judge_credentials() && !arguments_.bucket.empty()) judge_bucket();
  return code_;
}

}  // namespace

ExitCode run_doctor(Session& session, const DoctorArguments& arguments) {
  if (arguments.write && arguments.bucket.empty()) {
    return session.report("look", {Errc::kInvalidArgument, "--write needs a bucket to write to"});
  }
  return Doctor(session, arguments).run();
}

}  // namespace objstore::cli
