#include "server/http/errand.h"

namespace objstore::http {

Awaitable<void> Errand::wait() {
  if (!running_) co_return;
  Errand* const self = this;
  const auto keep_handler = [self](auto&& handler) {
    self->waiter_ = [kept = std::forward<decltype(handler)>(handler)]() mutable { std::move(kept)(); };
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<IoExecutor>, void()>(keep_handler, kAwait);
}

}  // namespace objstore::http
