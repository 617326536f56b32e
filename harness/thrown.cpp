#include "harness/thrown.h"

#include <exception>
#include <string>
#include <typeinfo>

namespace vdsconform {

void NoteThrown(Event* event) {
  event->fault = Fault::kThrew;
  try {
    throw;
  } catch (const std::exception& exception) {
    event->detail = std::string(typeid(exception).name()) + ": " + exception.what();
  } catch (...) {
    event->detail = "an object that is not a std::exception";
  }
}

}  // namespace vdsconform
