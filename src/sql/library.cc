#include "sql/library.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>

#include "base/text.h"

namespace cairn::sql {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "libduckdb.so";
#ifdef __aarch64__
constexpr const char* kPackage = "@duckdb/node-bindings-linux-arm64";
#else
constexpr const char* kPackage = "@duckdb/node-bindings-linux-x64";
#endif
constexpr uint64_t kMinorMin = 4;  // of version 1

bool fits(std::string_view version) {  // v1.4.4
  const auto parts = text::split(version, '.');
  return parts.size() >= 2 && parts[0] == "v1" && text::to_uint(parts[1]).value_or(0) >= kMinorMin;
}

}  // namespace

std::string program_path() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

std::vector<std::string> library_places(const std::string& chosen, const std::string& program) {
  std::error_code error;
  if (!chosen.empty()) return {fs::is_directory(chosen, error) ? (fs::path(chosen) / kFile).string() : chosen};
  const fs::path here = fs::path(program).parent_path();
  std::vector<std::string> places;
  for (const char* near : {"../lib", "lib", ".", "../../duckdb"}) places.push_back((here / near / kFile).lexically_normal().string());
  for (fs::path above = here; above.has_relative_path(); above = above.parent_path())
    places.push_back((above / "node_modules" / kPackage / kFile).string());
  return places;
}

Result<const duckdb::Api*> load_library(const std::vector<std::string>& places) {
  static std::mutex mutex;
  static duckdb::Api api;
  static bool loaded = false;
  const std::lock_guard lock(mutex);
  if (loaded) return &api;
  std::error_code error;
  for (const std::string& place : places) {
    if (!fs::is_regular_file(place, error)) continue;
    void* handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return failure("{} cannot be loaded: {}", place, dlerror());
    std::string missing;
    const auto find = [&](const char* name, auto& pointer) {
      pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(dlsym(handle, name));
      if (pointer == nullptr && missing.empty()) missing = name;
    };
#define CAIRN_DUCKDB_FIND(name, returns, takes) find("duckdb_" #name, api.name);
    CAIRN_DUCKDB_FUNCTIONS(CAIRN_DUCKDB_FIND)
#undef CAIRN_DUCKDB_FIND
    if (!missing.empty()) return failure("{} lacks {}: it is another version than is needed, or no DuckDB", place, missing);
    if (!fits(api.library_version())) return failure("{} is DuckDB {}; 1.4 or a later 1.x is needed", place, api.library_version());
    loaded = true;
    return &api;
  }
  if (places.size() == 1) return failure("There is no {}, which CAIRN_DUCKDB names as DuckDB's library.", places[0]);
  return failure(
      "SQL needs DuckDB's library, which is not here. In a copy of the sources\n"
      "  ./tools/duckdb\n"
      "fetches it; elsewhere\n"
      "  npm install --prefix DIR {}@1.4.4-r.1\n"
      "does, and CAIRN_DUCKDB=DIR/node_modules/{} says where it is.",
      kPackage, kPackage);
}

}  // namespace cairn::sql
