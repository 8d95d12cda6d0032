// The condition keys of a request: where it comes from, and what its headers, parameters and object say. Pure but for
// the look-up of an object's tags; made for one decision.
#pragma once

#include <string_view>

#include "server/api/s3/access.h"
#include "server/api/s3/call.h"
#include "server/auth/policy_context.h"

namespace objstore::s3 {

class RequestContext final : public auth::PolicyContext {
 public:
  // All outlive the context. bucket, key: what is decided about. is_source: that is what the request copies from, not
  // what it is addressed to.
  // body: what it says, once it has been read; null before, and for operations whose body says nothing of the kind.
  RequestContext(const Call& call, std::string_view bucket, std::string_view key, bool is_source,
                 const BodyFacts* body = nullptr)
      : call_(call), bucket_(bucket), key_(key), is_source_(is_source), body_(body) {}

  std::optional<std::vector<std::string>> values(std::string_view key) const override;
  // What is decided is whether keys with this prefix may be listed, whatever the request's own parameters are.
  void lists(std::string_view prefix) { listed_prefix_ = prefix; }
  // True once a key has been asked for whose value is in a body that has not been read.
  bool asked_of_body() const { return asked_of_body_; }

 private:
  using Values = std::optional<std::vector<std::string>>;
  Values of_connection(std::string_view key) const;
  Values of_request(std::string_view key) const;
  Values of_header(std::string_view name) const;
  Values of_parameter(std::string_view name) const;
  Values version_id() const;
  Values copy_source() const;
  Values request_tag(std::string_view name) const;
  Values request_tag_keys() const;
  Values location_constraint() const;
  std::optional<model::NameValues> request_tags() const;
  Values existing_tag(std::string_view name) const;
  Outcome<model::VersionChoice> version() const;

  const Call& call_;
  const std::string_view bucket_;
  const std::string_view key_;
  const bool is_source_;
  const BodyFacts* const body_;
  std::optional<std::string_view> listed_prefix_;
  mutable bool asked_of_body_ = false;
};

}  // namespace objstore::s3
