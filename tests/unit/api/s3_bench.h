// The S3 front end over a real catalogue in memory, asked as a signing client would, without sockets. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/wire/aws_chunked.h"
#include "common/wire/checksum.h"
#include "common/wire/sigv4.h"
#include "common/wire/xml_reader.h"
#include "server/api/s3/front.h"
#include "tests/support/test_store.h"

namespace objstore::s3::testing {

inline constexpr std::string_view kAlice = "ALICEKEY00000000000A";  // the main account
inline constexpr std::string_view kBob = "BOBKEY0000000000000B";    // another one
inline constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

class TwoAccounts final : public auth::CredentialStore {
 public:
  std::optional<auth::Credential> find(std::string_view access_key) const override {
    if (access_key != kAlice && access_key != kBob) return std::nullopt;
    const bool alice = access_key == kAlice;
    auth::Credential credential;
    credential.principal = {.anonymous = false,
                            .root = alice,
                            .account_owner = true,
                            .account_id = alice ? "111111111111" : "222222222222",
                            .user_id = alice ? "alice-id" : "bob-id",
                            .display_name = alice ? "Alice" : "Bob",
                            .access_key = std::string(access_key),
                            .policies = nullptr};
    credential.secret = kSecret;
    return credential;
  }
  std::optional<auth::Account> find_account(std::string_view id) const override {
    if (id == "111111111111") return auth::Account{std::string(id), "alice-id", "Alice"};
    if (id == "222222222222") return auth::Account{std::string(id), "bob-id", "Bob"};
    return std::nullopt;
  }
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct Ask {
  std::string method;
  std::string path;  // percent-encoded
  std::string query = {};
  std::string body = {};
  HeaderList headers = {};
  std::string_view key = kAlice;            // empty: anonymous
  std::optional<std::string> payload = {};  // x-amz-content-sha256; absent: the body's digest
  bool no_length = false;                   // neither Content-Length nor chunked
  std::string host = "localhost:9000";
};

struct Response {
  int status = 0;
  wire::Headers headers = {};
  std::string body = {};
  std::uint64_t content_length = 0;

  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
  wire::XmlElement xml() const { return test::must(wire::parse_xml(body)); }
  std::string code() const { return std::string(xml().child_text("Code")); }
  std::string text(std::string_view element) const { return std::string(xml().child_text(element)); }
};

// "200", or "404 NoSuchKey".
inline std::string short_form(const Response& r) {
  if (r.status < 400 || r.body.empty()) return std::to_string(r.status);
  return std::to_string(r.status) + " " + r.code();
}

class S3Bench {
 public:
  explicit S3Bench(FrontOptions options = {.token_secret = "test"})
      : authenticator_(accounts_, store_.clock(), {.region = options.region}),
        front_({store_.catalog(), accounts_, authenticator_, authorizer_, store_.clock()}, options) {}

  test::TestStore& store() { return store_; }
  S3Front& front() { return front_; }

  Response operator()(const Ask& ask) {
    wire::RequestHead head = signed_head(ask, nullptr);
    return exchange(head, ask.body);
  }

  // The body in aws-chunked framing, cut into chunks of `chunk_bytes`. tamper: changes what goes over the wire.
  Response chunked(Ask ask, wire::ChunkForm form, const wire::Headers& trailers, std::size_t chunk_bytes = 65536,
                   const std::function<void(std::string&)>& tamper = {}) {
    ask.payload = std::string(payload_keyword(form));
    ask.headers.emplace_back("x-amz-decoded-content-length", std::to_string(ask.body.size()));
    ask.headers.emplace_back("Content-Encoding", "aws-chunked");
    std::optional<wire::ChunkSigner> signer;
    wire::RequestHead head = signed_head(ask, &signer);
    const bool is_signed = form != wire::ChunkForm::kUnsignedTrailer;
    wire::AwsChunkedEncoder encoder(form, is_signed ? signer : std::nullopt);
    std::string framed;
    for (std::size_t at = 0; at < ask.body.size(); at += chunk_bytes) {
      const std::string piece = ask.body.substr(at, chunk_bytes);
      framed += encoder.chunk_header(as_bytes(piece)) + piece + std::string(wire::AwsChunkedEncoder::kChunkEnd);
    }
    framed += encoder.end(trailers);
    if (tamper) tamper(framed);
    head.content_length = framed.size();
    return exchange(head, framed);
  }

  // --- In a few words.
  Response put(const std::string& path, const std::string& body, HeaderList headers = {}) {
    return (*this)({.method = "PUT", .path = path, .body = body, .headers = std::move(headers)});
  }
  Response get(const std::string& path, const std::string& query = {}, HeaderList headers = {}) {
    return (*this)({.method = "GET", .path = path, .query = query, .headers = std::move(headers)});
  }
  Response head(const std::string& path, const std::string& query = {}, HeaderList headers = {}) {
    return (*this)({.method = "HEAD", .path = path, .query = query, .headers = std::move(headers)});
  }
  Response post(const std::string& path, const std::string& query, const std::string& body, HeaderList headers = {}) {
    return (*this)({.method = "POST", .path = path, .query = query, .body = body, .headers = std::move(headers)});
  }
  Response remove(const std::string& path, const std::string& query = {}, HeaderList headers = {}) {
    return (*this)({.method = "DELETE", .path = path, .query = query, .headers = std::move(headers)});
  }
  void make_bucket(const std::string& name) { REQUIRE(put("/" + name, "").status == 200); }

  // Delivers a request as the transport would.
  Response exchange(const wire::RequestHead& head, const std::string& body) {
    api::Exchange exchange = front_.begin(head);
    if (auto* ticket = std::get_if<Ticket<api::Reply>>(&exchange)) return finish(ticket->wait());
    if (auto* document = std::get_if<api::ReadDocument>(&exchange)) {
      if (body.size() > document->limit) return finish(document->refuse(Error{Errc::kTooLarge, "too long"}));
      return finish(document->then(body).wait());
    }
    auto& sink = std::get<std::unique_ptr<api::Sink>>(exchange);
    // In uneven pieces, as a socket would give them.
    for (std::size_t at = 0, step = 1; at < body.size(); at += step, step = step * 2 + 1) {
      const Status taken = sink->write(as_bytes(std::string_view(body).substr(at, step)));
      if (!taken) return finish(sink->refuse(taken.error()));
    }
    return finish(sink->finish().wait());
  }

  // The request as it would arrive. signer: set, if it is not null, to what signs the chunks of the body.
  wire::RequestHead signed_head(const Ask& ask, std::optional<wire::ChunkSigner>* signer) {
    wire::OutgoingRequest out{.method = ask.method, .path = ask.path, .query = ask.query, .headers = {}};
    out.headers.add("Host", ask.host);
    for (const auto& [name, value] : ask.headers) out.headers.add(name, value);
    if (!ask.key.empty()) {
      const std::string payload = ask.payload.value_or(to_hex(sha256(as_bytes(ask.body))));
      auto made = wire::sign_request(
          out, {.access_key = std::string(ask.key), .secret_key = std::string(kSecret), .session_token = {}},
          {.now_ms = store_.clock().now_ms()}, payload);
      wire::ChunkSigner chunk_signer = test::must(std::move(made));
      if (signer != nullptr) *signer = chunk_signer;
    }
    wire::RequestHead head;
    head.method = ask.method;
    head.path = ask.path;
    head.query = ask.query;
    head.target = ask.path + (ask.query.empty() ? "" : "?" + ask.query);
    head.headers = out.headers;
    const bool carries = ask.method == "PUT" || ask.method == "POST";
    if (carries && !ask.no_length) head.content_length = ask.body.size();
    head.request_id = "0123456789ABCDEF";
    return head;
  }

 private:
  static std::string_view payload_keyword(wire::ChunkForm form) {
    switch (form) {
      case wire::ChunkForm::kSigned:
        return wire::kStreamingSignedPayload;
      case wire::ChunkForm::kSignedTrailer:
        return wire::kStreamingSignedPayloadTrailer;
      case wire::ChunkForm::kUnsignedTrailer:
        return wire::kStreamingUnsignedPayloadTrailer;
    }
    return {};
  }

  static Response finish(Result<api::Reply> result) {
    api::Reply reply = test::must(std::move(result));
    Response out{.status = reply.status, .headers = reply.headers, .body = reply.body};
    out.content_length = reply.source ? reply.content_length : reply.body.size();
    if (reply.body.empty() && !reply.source) out.content_length = reply.content_length;
    if (reply.source) out.body = test::must(test::drain(*reply.source));
    if (reply.source) REQUIRE(out.body.size() == reply.content_length);
    REQUIRE(out.header("x-amz-request-id") == "0123456789ABCDEF");
    REQUIRE(out.headers.contains("x-amz-id-2"));
    return out;
  }

  TwoAccounts accounts_;
  auth::Authorizer authorizer_;
  test::TestStore store_;
  auth::Authenticator authenticator_;
  S3Front front_;
};

}  // namespace objstore::s3::testing
