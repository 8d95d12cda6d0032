// Many tickets as one: yields when the last of them does, so that no thread waits for the others. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/ticket.h"

namespace objstore::api {

// The results in the order of the tickets. Never an error of its own.
template <typename T>
Ticket<std::vector<Result<T>>> gather(std::vector<Ticket<T>> tickets) {
  // Shared by the callbacks of all tickets; whichever comes last completes the promise.
  struct Meeting {
    std::vector<Ticket<T>> tickets;
    std::atomic<std::size_t> missing;
    Promise<Done> all;
  };
  auto meeting = std::make_shared<Meeting>();
  meeting->tickets = std::move(tickets);
  meeting->missing = meeting->tickets.size() + 1;  // one for this function, so that nobody completes it half-way
  Ticket<Done> all = meeting->all.ticket();
  const auto arrive = [meeting] {
    if (meeting->missing.fetch_sub(1) == 1) meeting->all.complete(Done{});
  };
  for (Ticket<T>& ticket : meeting->tickets) ticket.on_ready(arrive);
  arrive();
  return std::move(all).map([meeting](const Result<Done>&) -> Result<std::vector<Result<T>>> {
    std::vector<Result<T>> results;
    results.reserve(meeting->tickets.size());
    for (Ticket<T>& ticket : meeting->tickets) results.push_back(ticket.take());
    return results;
  });
}

}  // namespace objstore::api
