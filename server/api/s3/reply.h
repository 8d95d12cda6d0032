// Replies as S3 shapes them: the headers that every answer has, XML bodies, and error documents. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/wire/xml_writer.h"
#include "server/api/s3/call.h"

namespace objstore::s3 {

// Headers that every answer of this front end carries, and what the access log is told.
api::Reply empty_reply(const Call& call, int status);
api::Reply xml_reply(const Call& call, int status, std::string document);
// The error document; without it for HEAD and 304.
api::Reply failure_reply(const Call& call, const Failure& failure);
// The same for a request that did not get as far as a Call.
api::Reply failure_reply(const wire::RequestHead& head, const FrontOptions& options, const Failure& failure);
// And for one whose sender is not identified: the log is told what was asked for.
api::Reply failure_reply(const wire::RequestHead& head, const FrontOptions& options, const Route& route,
                         const Failure& failure);

// The reply to `ticket`, made by `make`: Result<T> -> Outcome<Reply>, run when the ticket is taken.
template <typename T, typename F>
Ticket<api::Reply> answer_result(CallPtr call, Ticket<T> ticket, F make) {
  return std::move(ticket).map(
      [call = std::move(call), make = std::move(make)](Result<T> result) mutable -> Result<api::Reply> {
        Outcome<api::Reply> reply = make(*call, std::move(result));
        return reply ? std::move(*reply) : failure_reply(*call, reply.error());
      });
}

// The same for a `make` that is asked only after success: T -> Outcome<Reply>.
template <typename T, typename F>
Ticket<api::Reply> answer(CallPtr call, Ticket<T> ticket, F make) {
  return answer_result(std::move(call), std::move(ticket),
                       [make = std::move(make)](const Call& c, Result<T> result) mutable -> Outcome<api::Reply> {
                         if (!result) return std::unexpected(to_failure(result.error()));
                         return make(c, std::move(*result));
                       });
}

// A Result of the catalogue as an Outcome.
template <typename T>
Outcome<T> outcome(Result<T> result) {
  if (!result) return std::unexpected(to_failure(result.error()));
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return std::move(*result);
}

}  // namespace objstore::s3
