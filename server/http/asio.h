// Asio as this folder uses it: one io_context per thread, so that nothing needs a strand, and the concrete executor
// type instead of the type-erased one, which costs an allocation here and there. Private to server/http.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace objstore::http {

namespace asio = boost::asio;
using boost::system::error_code;

using IoExecutor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
template <typename T>
using Awaitable = asio::awaitable<T, IoExecutor>;

inline constexpr asio::use_awaitable_t<IoExecutor> kAwait{};
inline constexpr auto kAwaitTuple = asio::as_tuple(kAwait);

}  // namespace objstore::http
