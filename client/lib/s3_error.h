// What an S3 server's refusal means to a caller. Values and pure functions; any thread.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "common/wire/http.h"

namespace objstore::client {

// An Error with what S3 said; where only an Error is wanted, the rest is sliced off on purpose.
struct S3Failure : Error {
  S3Failure(Error e) : Error(std::move(e)) {}  // NOLINT: implicit, a failure below HTTP has no more to it
  int status = 0;                              // 0: no answer
  std::string s3_code;                         // empty: none was given
  std::optional<std::chrono::seconds> retry_after;
};

template <typename T>
using S3Result = std::expected<T, S3Failure>;

// By the code, and by the status where the code is not known (or there is none, as with HEAD).
Errc errc_of(int status, std::string_view s3_code) noexcept;

// resource: "bucket" or "bucket/key", for the message. body: may be anything; an S3 error document is read.
S3Failure s3_failure(int status, const wire::Headers& headers, std::string_view body, std::string_view resource);

// True for the document <Error>, which CopyObject and CompleteMultipartUpload send under status 200.
bool is_error_document(std::string_view body) noexcept;

// The server does not know the checksum algorithm of the request (it may know another).
bool refuses_checksum(const S3Failure& failure) noexcept;

}  // namespace objstore::client
