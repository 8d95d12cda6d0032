#include "server/app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/unit/auth/temporary.h"

using namespace objstore::app;
using objstore::testing::TemporaryDirectory;

TEST_CASE("the service manager hears what is said, and nobody needs to listen") {
  ::unsetenv("NOTIFY_SOCKET");
  notify_manager("READY=1");

  const TemporaryDirectory directory;
  const auto path = (directory / "socket").string();
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  REQUIRE(fd >= 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  notify_manager("READY=1\n");
  notify_reloading();
  ::unsetenv("NOTIFY_SOCKET");

  std::array<char, 256> text{};
  const auto first = ::recv(fd, text.data(), text.size(), 0);
  CHECK(std::string(text.data(), first > 0 ? static_cast<std::size_t>(first) : 0) == "READY=1\n");
  const auto second = ::recv(fd, text.data(), text.size(), 0);
  CHECK(std::string(text.data(), second > 0 ? static_cast<std::size_t>(second) : 0)
            .starts_with("RELOADING=1\nMONOTONIC_USEC="));
  ::close(fd);
}
