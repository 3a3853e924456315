#include "base/json.h"

#include <simdjson.h>
#if defined(__x86_64__)
#include <tmmintrin.h>
#endif

#include <array>
#include <bit>
#include <unordered_map>

#include "base/check.h"
#include "base/json_depth.h"
#include "base/utf8.h"

namespace cairn::json {
namespace {

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kHighs = 0x8080808080808080u;

constexpr uint64_t zero_bytes(uint64_t word) { return (word - kOnes) & ~word & kHighs; }

bool is_clean(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

/// Where the first byte at or behind `i` stands that is not plain ASCII to be copied as it is.
size_t end_of_clean_run(std::string_view s, size_t i) {
  for (; i + 8 <= s.size(); i += 8) {
    uint64_t eight;
    std::memcpy(&eight, s.data() + i, 8);
    uint64_t control = (eight - kOnes * 0x20) & ~eight;
    uint64_t found = (eight | control | zero_bytes(eight ^ kOnes * '"') | zero_bytes(eight ^ kOnes * '\\')) & kHighs;
    if (!found) continue;
    // A borrow can only raise a false alarm in a byte behind a true one, so the lowest mark is right.
    static_assert(std::endian::native == std::endian::little);
    return i + static_cast<size_t>(std::countr_zero(found)) / 8;
  }
  while (i < s.size() && is_clean(s[i])) ++i;
  return i;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  auto byte = static_cast<unsigned char>(c);
  out += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
}

#if defined(__x86_64__)
/// Where eight bytes go if some of them get a backslash before them: for each mask of those. The high bit is a backslash's place.
constexpr std::array<std::array<uint8_t, 16>, 256> kSpread = [] {
  std::array<std::array<uint8_t, 16>, 256> spread{};
  for (size_t mask = 0; mask < spread.size(); ++mask) {
    size_t to = 0;
    for (uint8_t from = 0; from < 8; ++from) {
      if ((mask >> from & 1) != 0) spread[mask][to++] = 0x80;
      spread[mask][to++] = from;
    }
  }
  return spread;
}();

/// Puts the lower eight bytes, those of `marked` behind a backslash; sixteen are written. Returns where they end.
__attribute__((target("ssse3"))) inline char* put_spread(char* to, __m128i bytes, uint32_t marked) {
  const __m128i spread = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kSpread[marked].data()));
  const __m128i backslashes = _mm_and_si128(_mm_cmplt_epi8(spread, _mm_setzero_si128()), _mm_set1_epi8('\\'));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_or_si128(_mm_shuffle_epi8(bytes, spread), backslashes));
  return to + 8 + std::popcount(marked);
}

/// What is quoted most is a record, in which every tenth byte is a quote: sixteen bytes at a time, wherever those are. Ends before the
/// sixteen with something else to escape, or that is no ASCII; returns where.
__attribute__((target("ssse3,popcnt"))) size_t append_by_shuffle(std::string& out, std::string_view s, size_t i) {
  char piece[512];
  char* to = piece;
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), first_clean = _mm_set1_epi8(0x20);
  for (; i + 16 <= s.size(); i += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(s.data() + i));
    if (_mm_movemask_epi8(_mm_cmplt_epi8(bytes, first_clean)) != 0) break;  // signed: what is no ASCII, too
    const auto marked =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash))));
    if (piece + sizeof piece - to < 40) {
      out.append(piece, to);
      to = piece;
    }
    to = put_spread(to, bytes, marked & 0xff);
    to = put_spread(to, _mm_srli_si128(bytes, 8), marked >> 8);
  }
  out.append(piece, to);
  return i;
}
#endif

/// Builds a Json from the events of a reader, nlohmann's or ours. The former's own builder looks up each member among all before it, which
/// lets a body of a megabyte with distinct short names keep a thread busy for minutes; this one is linear.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(Duplicates duplicates) : duplicates_(duplicates) {}
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::object()); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool key(string_t& name) override {
    Level& level = levels_.back();
    auto& members = level.value->get_ref<Json::object_t&>();
    if (level.positions.empty() && members.size() >= kSearchedMax) {
      for (size_t i = 0; i < members.size(); ++i) level.positions.emplace(members.begin()[i].first, i);
    }
    level.member = members.size();
    if (!level.positions.empty()) {
      level.member = level.positions.try_emplace(name, members.size()).first->second;
    } else {
      for (size_t i = 0; i < members.size(); ++i) {
        if (members.begin()[i].first == name) level.member = i;
      }
    }
    if (level.member == members.size()) {
      members.emplace_back(std::move(name), nullptr);
      return true;
    }
    if (duplicates_ == Duplicates::kLastWins) return true;
    duplicate_ = std::move(name);
    return false;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    offset_ = position;
    message_ = error.what();
    return false;
  }

  Json take() { return std::move(root_); }
  size_t offset() const { return offset_; }
  const std::string& message() const { return message_; }
  const std::optional<std::string>& duplicate() const { return duplicate_; }

 private:
  static constexpr size_t kSearchedMax = 16;  // above, an index of the names is kept

  struct Level {
    Json* value;
    size_t member = 0;  // of an object: which one the next value is for
    std::unordered_map<std::string, size_t> positions;
  };

  Json* place(Json&& value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      auto& elements = level.value->get_ref<Json::array_t&>();
      elements.push_back(std::move(value));
      return &elements.back();
    }
    Json& member = level.value->get_ref<Json::object_t&>().begin()[level.member].second;
    member = std::move(value);
    return &member;
  }
  template <class T>
  bool put(T&& value) {
    place(Json(std::forward<T>(value)));
    return true;
  }
  bool open(Json&& value) {
    levels_.push_back({.value = place(std::move(value))});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  const Duplicates duplicates_;
  std::optional<std::string> duplicate_;
  Json root_;
  std::vector<Level> levels_;
  size_t offset_ = 0;
  std::string message_;
};

}  // namespace

std::string dump(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void append_quoted(std::string& out, std::string_view s) {
  out += '"';
  size_t i = 0;
  // Foreign letters come in runs, so they are copied here rather than one by one through the scan for clean ones.
  const auto append_unclean = [&] {
    while (i < s.size() && !is_clean(s[i])) {
      if (static_cast<signed char>(s[i]) >= 0) {
        append_escape(out, s[i++]);
        continue;
      }
      size_t n = utf8::length_at(s, i);
      if (n) {
        out.append(s, i, n);
      } else {
        out += utf8::kReplacement;
        n = 1;
      }
      i += n;
    }
  };
#if defined(__x86_64__)
  static const bool has_shuffle = __builtin_cpu_supports("ssse3");
#endif
  while (i < s.size()) {
#if defined(__x86_64__)
    if (has_shuffle && s.size() - i >= 16) i = append_by_shuffle(out, s, i);
#endif
    const size_t end = end_of_clean_run(s, i);
    out.append(s, i, end - i);
    i = end;
    append_unclean();
  }
  out += '"';
}

// Views.

using simdjson::dom::element;
static_assert(std::is_trivially_copyable_v<element> && sizeof(element) == sizeof(View),
              "a view keeps the bytes of an element, so that no header of ours includes simdjson");

struct ViewAccess {
  struct Bytes {
    const void* document;
    size_t index;
  };
  static element open(const View& view) {
    CHECK(view.document_);
    return std::bit_cast<element>(Bytes{view.document_, view.index_});
  }
  static View close(const element& e) {
    auto bytes = std::bit_cast<Bytes>(e);
    View view;
    view.document_ = bytes.document;
    view.index_ = bytes.index;
    return view;
  }
};

namespace {

template <class T>
std::optional<T> get(const View& view) {
  if (!view.exists()) return std::nullopt;
  T value;
  if (ViewAccess::open(view).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

}  // namespace

bool View::exists() const { return document_ != nullptr; }
bool View::is_object() const { return exists() && ViewAccess::open(*this).is_object(); }
bool View::is_array() const { return exists() && ViewAccess::open(*this).is_array(); }
bool View::is_string() const { return exists() && ViewAccess::open(*this).is_string(); }
bool View::is_null() const { return exists() && ViewAccess::open(*this).is_null(); }

View View::operator[](std::string_view member) const {
  View found;
  if (auto object = get<simdjson::dom::object>(*this)) {
    for (auto field : *object) {
      if (field.key == member) found = ViewAccess::close(field.value);
    }
  }
  return found;
}

std::optional<std::string_view> View::string() const { return get<std::string_view>(*this); }
std::optional<int64_t> View::integer() const { return get<int64_t>(*this); }
std::optional<double> View::number() const { return get<double>(*this); }
std::optional<bool> View::boolean() const { return get<bool>(*this); }

std::string View::dump() const { return exists() ? simdjson::minify(ViewAccess::open(*this)) : std::string(); }

void View::each(const std::function<void(View)>& f) const {
  if (auto array = get<simdjson::dom::array>(*this)) {
    for (element e : *array) f(ViewAccess::close(e));
  }
}

void View::each_member(const std::function<void(std::string_view, View)>& f) const {
  if (auto object = get<simdjson::dom::object>(*this)) {
    for (auto field : *object) f(field.key, ViewAccess::close(field.value));
  }
}

struct Document::Impl {
  static constexpr size_t kTextMax = 64 << 20;
  static constexpr size_t kKeptMax = 1 << 20;  // buffers for longer texts (about 15 bytes a byte) are let go afterwards
  simdjson::dom::parser parser{kTextMax};
};

Document::Document() : impl_(std::make_unique<Impl>()) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<View> Document::parse(std::string_view text) {
  auto& parser = impl_->parser;
  bool too_roomy = parser.capacity() > Impl::kKeptMax && text.size() <= Impl::kKeptMax;
  if (too_roomy) parser = simdjson::dom::parser(Impl::kTextMax);
  // simdjson allows one level less than it is told (and counts no empty array or object), and allocates exactly for the
  // text: powers of two spare later growth.
  constexpr size_t kDepth = kDepthMax + 1;
  if (parser.capacity() < text.size() || parser.max_depth() != kDepth) {
    constexpr size_t kCapacityMin = 4096;
    size_t capacity = std::min(std::bit_ceil(std::max(text.size(), kCapacityMin)), Impl::kTextMax);
    if (text.size() > capacity) return failure("JSON of {} bytes is over the limit of {}", text.size(), Impl::kTextMax);
    if (auto error = parser.allocate(capacity, kDepth)) return failure("{}", simdjson::error_message(error));
  }
  element root;
  if (auto error = parser.parse(text.data(), text.size()).get(root)) {
    return failure("no valid JSON: {}", simdjson::error_message(error));
  }
  return ViewAccess::close(root);
}

// Documents to be edited.

namespace {

enum class Told { kAll, kRefused, kTooDeep };

/// Tells the builder of a value.
Told tell(const element& value, Builder& builder, int depth = 1) {
  using simdjson::dom::element_type;
  const bool is_container = value.is_object() || value.is_array();
  if (is_container && depth > kDepthMax) return Told::kTooDeep;
  switch (value.type()) {
    case element_type::OBJECT: {
      builder.start_object(0);
      for (const auto field : simdjson::dom::object(value)) {
        std::string name(field.key);
        if (!builder.key(name)) return Told::kRefused;
        if (const Told told = tell(field.value, builder, depth + 1); told != Told::kAll) return told;
      }
      builder.end_object();
      break;
    }
    case element_type::ARRAY: {
      builder.start_array(0);
      for (const element each : simdjson::dom::array(value))
        if (const Told told = tell(each, builder, depth + 1); told != Told::kAll) return told;
      builder.end_array();
      break;
    }
    case element_type::STRING: {
      std::string text(std::string_view{value});
      builder.string(text);
      break;
    }
    case element_type::INT64: {
      const int64_t number = value;
      if (number < 0) builder.number_integer(number);
      else builder.number_unsigned(static_cast<uint64_t>(number));
      break;
    }
    case element_type::UINT64:
      builder.number_unsigned(value);
      break;
    case element_type::DOUBLE:
      builder.number_float(value, {});
      break;
    case element_type::BOOL:
      builder.boolean(value);
      break;
    case element_type::NULL_VALUE:
      builder.null();
      break;
  }
  return Told::kAll;
}

constexpr size_t kShortMax = 16 << 10;  // each thread keeps the buffers for so long a text
constexpr size_t kQuickMax = 1 << 20;

/// By simdjson, several times as fast as nlohmann's parser. nullopt: that one is to look, which knows where an error is and takes numbers
/// of any length, and whose strictness with surrogates is known.
std::optional<Result<Json>> parse_quickly(std::string_view text, Duplicates duplicates) {
  if (text.size() > kQuickMax || text.find("\\u") != std::string_view::npos) return std::nullopt;
  thread_local Document short_ones;
  std::optional<Document> long_one;
  const Result<View> root = (text.size() <= kShortMax ? short_ones : long_one.emplace()).parse(text);
  if (!root) return std::nullopt;
  Builder builder(duplicates);
  switch (tell(ViewAccess::open(*root), builder)) {
    case Told::kTooDeep:
      return std::nullopt;
    case Told::kRefused:
      return failure("the member {} stands twice in one object", *builder.duplicate());
    case Told::kAll:
      break;
  }
  return builder.take();
}

Result<Json> parse_slowly(std::string_view text, Duplicates duplicates) {
  if (auto offset = too_deep_at(text, kDepthMax)) return failure("JSON nests deeper than {} at byte {}", kDepthMax, *offset);
  // The library takes a NUL for the end of the text, whatever comes behind.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) return failure("no valid JSON at byte {}: a NUL", nul);
  Builder builder(duplicates);
  if (!Json::sax_parse(text, &builder)) {
    if (builder.duplicate()) return failure("the member {} stands twice in one object", *builder.duplicate());
    // nlohmann counts the bytes that it has read; the message it makes names the same place in lines and columns.
    return failure("no valid JSON at byte {}: {}", builder.offset() > 0 ? builder.offset() - 1 : 0, builder.message());
  }
  return builder.take();
}

}  // namespace

Result<Json> parse(std::string_view text, Duplicates duplicates) {
  if (text.starts_with("\xEF\xBB\xBF")) return failure("no valid JSON at byte 0: a byte order mark");
  if (std::optional<Result<Json>> parsed = parse_quickly(text, duplicates)) return std::move(*parsed);
  return parse_slowly(text, duplicates);
}

}  // namespace cairn::json
