// For LD_PRELOAD: a name server that does not answer about names under `.dead.example`, and says after ten minutes that
// it cannot. getaddrinfo has no other way to be slow that a test could rely on.

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <string_view>

// NOLINTNEXTLINE(readability-identifier-naming): it stands for the system's own
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  constexpr unsigned kPatience_s = 600;
  if (node != nullptr && std::string_view(node).ends_with(".dead.example")) {
    sleep(kPatience_s);
    return EAI_AGAIN;
  }
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(node, service, hints, result);
}
