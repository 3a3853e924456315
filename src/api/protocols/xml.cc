#include "api/protocols/protocols.h"
#include "api/protocols/scalar.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::Member;
using aws::Shape;
using aws::Type;

constexpr std::string_view kMapEntry = "entry";

constexpr aws::ErrorKind kMalformedXml{.code = "MalformedXML"};
constexpr aws::ErrorKind kMalformedAcl{.code = "MalformedACLError"};

[[noreturn]] void refuse() { throw malformed_xml(); }

Json read_value(const Member& member, const xml::Element& element);

Json read_map_entry(const Shape& shape, const xml::Element& entry, std::string& key) {
  const xml::Element* name = entry.child(shape.key.location_name);
  const xml::Element* value = entry.child(shape.element.location_name);
  if (name == nullptr || value == nullptr) refuse();
  key = name->text;
  return read_value(shape.element, *value);
}

/// A list or map whose elements stand among the parent's children; null Json: there are none.
Json read_flattened(const Member& member, const xml::Element& parent) {
  const Shape& shape = *member.shape;
  Json out;
  const std::string_view wanted = shape.type == Type::kList ? flat_element_name(member) : std::string_view(member.form_name);
  for (const xml::Element& child : parent.children) {
    if (child.name != wanted) continue;
    if (shape.type == Type::kList) {
      out.push_back(read_value(shape.element, child));
    } else {
      std::string key;
      Json value = read_map_entry(shape, child, key);
      out[key] = std::move(value);
    }
  }
  return out;
}

/// xsi:type and the like: the prefix may be another one.
const std::string* find_attribute(const xml::Element& element, std::string_view name) {
  const std::string_view local = name.substr(name.find(':') + 1);
  for (const auto& [key, value] : element.attributes)
    if (std::string_view(key).substr(key.find(':') + 1) == local) return &value;
  return nullptr;
}

Json read_structure(const Shape& shape, const xml::Element& element) {
  Json out = Json::object();
  for (const Member& member : shape.members) {
    if (member.location != aws::Location::kBody) continue;
    if (member.xml_attribute) {
      if (const std::string* value = find_attribute(element, member.location_name)) out[member.name] = *value;
    } else if ((member.shape->type == Type::kList || member.shape->type == Type::kMap) && is_flattened(member)) {
      if (Json value = read_flattened(member, element); !value.is_null()) out[member.name] = std::move(value);
    } else if (const xml::Element* child = element.child(member.form_name)) {
      out[member.name] = read_value(member, *child);
    }
  }
  return out;
}

Json read_value(const Member& member, const xml::Element& element) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      return read_structure(shape, element);
    case Type::kList: {
      Json out = Json::array();
      for (const xml::Element& child : element.children)
        if (child.name == shape.element.location_name) out.push_back(read_value(shape.element, child));
      return out;
    }
    case Type::kMap: {
      Json out = Json::object();
      for (const xml::Element& child : element.children) {
        if (child.name != kMapEntry) continue;
        std::string key;
        Json value = read_map_entry(shape, child, key);
        out[key] = std::move(value);
      }
      return out;
    }
    default: {
      if (!element.children.empty()) refuse();
      auto value = scalar_from_text(member, element.text);
      if (!value) refuse();
      return std::move(*value);
    }
  }
}

void write_value(xml::Writer& writer, const Member& member, std::string_view name, const Json& value);

void write_entry(xml::Writer& writer, const Shape& map, std::string_view name, const std::string& key, const Json& value) {
  writer.open(name);
  writer.element(map.key.location_name, key);
  write_value(writer, map.element, map.element.location_name, value);
  writer.close(name);
}

void write_value(xml::Writer& writer, const Member& member, std::string_view name, const Json& value) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case Type::kStructure:
      writer.open(name, xml_attributes(shape, value, {}));
      write_xml_members(writer, shape, value);
      writer.close(name);
      return;
    case Type::kList:
      if (value.empty() && !is_flattened(member)) {
        writer.element(name, "");
      } else if (is_flattened(member)) {
        const std::string_view element_name = flat_element_name(member);
        for (const Json& one : value) write_value(writer, shape.element, element_name, one);
      } else {
        writer.open(name);
        for (const Json& one : value) write_value(writer, shape.element, shape.element.location_name, one);
        writer.close(name);
      }
      return;
    case Type::kMap:
      if (is_flattened(member)) {
        for (const auto& [key, one] : value.items()) write_entry(writer, shape, name, key, one);
      } else {
        writer.open(name);
        for (const auto& [key, one] : value.items()) write_entry(writer, shape, kMapEntry, key, one);
        writer.close(name);
      }
      return;
    default:
      writer.element(name, scalar_to_text(member, value, aws::TimestampFormat::kIso8601));
  }
}

}  // namespace

Error malformed_xml() {
  return Error(kMalformedXml, "The XML you provided was not well-formed or did not validate against our published schema");
}

Error malformed_xml(const Member& payload) {
  Error error = malformed_xml();
  if (payload.name == "AccessControlPolicy") error.kind = kMalformedAcl;
  return error;
}

Json xml_document(const Shape& shape, const xml::Element& element) { return read_structure(shape, element); }

std::string xml_attributes(const Shape& shape, const Json& value, std::string_view default_namespace) {
  std::string text;
  if (!default_namespace.empty()) text = fmt::format("xmlns=\"{}\"", default_namespace);
  if (const size_t equals = shape.xml_namespace.find('='); equals != std::string::npos)
    text += fmt::format("{}xmlns:{}=\"{}\"", text.empty() ? "" : " ", shape.xml_namespace.substr(0, equals),
                        shape.xml_namespace.substr(equals + 1));
  for (const Member& member : shape.members) {
    if (!member.xml_attribute) continue;
    auto it = value.find(member.name);
    if (it == value.end() || !it->is_string()) continue;
    text += fmt::format("{}{}=\"", text.empty() ? "" : " ", member.location_name);
    xml::append_escaped(text, it->get_ref<const std::string&>());
    text += '"';
  }
  return text;
}

void write_xml_members(xml::Writer& writer, const Shape& shape, const Json& value) {
  for (const Member& member : shape.members) {
    if (member.location != aws::Location::kBody || member.xml_attribute) continue;
    auto it = value.find(member.name);
    if (it != value.end() && !it->is_null()) write_value(writer, member, member.form_name, *it);
    else if (member.required && member.shape->type == Type::kList && !is_flattened(member))
      writer.element(member.location_name, "");  // AWS shows the empty list
  }
}

}  // namespace cairn::api
