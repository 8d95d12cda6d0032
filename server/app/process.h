// What a server process sets up before it starts threads, and the signals it waits for. Called by main's thread.
#pragma once

namespace objstore::app {

// Private files, as many descriptors as are allowed, no core dumps (they would hold secrets), no SIGPIPE.
void prepare_process();

enum class Signal { kStop, kReload };

// Blocks SIGTERM, SIGINT and SIGHUP for this thread and those it starts; wait_for_signal() takes them. Before any
// thread is started.
void block_signals();
Signal wait_for_signal();

}  // namespace objstore::app
