// Where a platform has just said who somebody is, the one button of the page presses itself. Without script it is pressed.

const form = document.querySelector("form[data-press]");

if (form) {
  form.submit();
}
