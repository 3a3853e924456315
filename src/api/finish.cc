#include "api/finish.h"

#include <map>
#include <string>

namespace cairn::api {
namespace {

std::map<std::string, Finish, std::less<>>& installed() {
  static std::map<std::string, Finish, std::less<>> all;
  return all;
}

}  // namespace

void install_finish(std::string_view service, Finish finish) { installed()[std::string(service)] = finish; }

Finish finish_of(std::string_view service) {
  const auto at = installed().find(service);
  return at == installed().end() ? nullptr : at->second;
}

}  // namespace cairn::api
