// What a service manager is told, by the protocol of sd_notify(3). Does nothing without NOTIFY_SOCKET. Any thread.
#pragma once

#include <string_view>

namespace objstore::app {

// "READY=1", "STOPPING=1", ...: lines of NAME=VALUE. Losing a message is not an error of ours.
void notify_manager(std::string_view state);
// RELOADING=1 needs the time at which it began.
void notify_reloading();

}  // namespace objstore::app
