#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cairn {

/// A JSON document that is edited: members keep their order. Never for a finished record: libraries change numbers.
using Json = nlohmann::ordered_json;

namespace json {

constexpr int kDepthMax = 64;  // nesting of any document from outside

enum class Duplicates { kLastWins, kRefused };  // members of one name in one object

/// Strict JSON in UTF-8, at most kDepthMax deep. The message names the byte offset, or the duplicate member.
Result<Json> parse(std::string_view text, Duplicates duplicates = Duplicates::kLastWins);
/// Compact; bytes that are no UTF-8 become U+FFFD.
std::string dump(const Json& value);

/// Appends `s` as a JSON string with quotes. Escapes only what JSON demands (like AWS: no \/); invalid UTF-8 becomes U+FFFD.
void append_quoted(std::string& out, std::string_view s);

/// Writes compact JSON front to back, without building a document. The caller keeps begin/end paired.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& begin_object() {
    comma();
    out_ += '{';
    fresh_ = true;
    return *this;
  }
  Writer& end_object() {
    out_ += '}';
    fresh_ = false;
    return *this;
  }
  Writer& begin_array() {
    comma();
    out_ += '[';
    fresh_ = true;
    return *this;
  }
  Writer& end_array() {
    out_ += ']';
    fresh_ = false;
    return *this;
  }
  Writer& key(std::string_view name) {
    comma();
    append_quoted(out_, name);
    out_ += ':';
    fresh_ = true;
    return *this;
  }
  Writer& string(std::string_view value) {
    comma();
    append_quoted(out_, value);
    return *this;
  }
  Writer& number(int64_t value) {
    comma();
    out_ += std::to_string(value);
    return *this;
  }
  Writer& boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
    return *this;
  }
  Writer& null() {
    comma();
    out_ += "null";
    return *this;
  }
  Writer& raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
  }  // one finished JSON value
  Writer& value(const Json& value) { return raw(dump(value)); }

 private:
  void comma() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  std::string& out_;
  bool fresh_ = true;
};

/// A parsed document to read from, fast (simdjson's DOM behind). Views point into the document and die with it.
/// Of duplicate members the last wins, as in `parse`.
class View {
 public:
  View() = default;
  bool exists() const;  // false for a member that is not there
  bool is_object() const;
  bool is_array() const;
  bool is_string() const;
  bool is_null() const;
  View operator[](std::string_view member) const;  // not an object, or no such member: a View that does not exist
  std::optional<std::string_view> string() const;
  std::string_view string_or(std::string_view otherwise) const { return string().value_or(otherwise); }
  std::optional<int64_t> integer() const;
  std::optional<double> number() const;
  std::optional<bool> boolean() const;
  std::string dump() const;  // minified text of this value
  /// Calls `f(View)` for each element of an array, or `f(std::string_view key, View)` for each member of an object.
  void each(const std::function<void(View)>& f) const;
  void each_member(const std::function<void(std::string_view, View)>& f) const;

 private:
  friend struct ViewAccess;
  // What simdjson's element is made of; json.cc turns one into the other.
  const void* document_ = nullptr;
  size_t index_ = 0;
};

/// Owns a parse. Reuse one per thread: buffers are kept. Not thread-safe.
class Document {
 public:
  Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();
  /// The root; views of an earlier parse are dead. Fails on what is no JSON, too deep (kDepthMax), or over 64 MiB, and
  /// on integers of more than 64 bits.
  Result<View> parse(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace json
}  // namespace cairn
