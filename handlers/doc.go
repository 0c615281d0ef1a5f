// Package handlers holds one file per page of the portal. A handler reads a
// form, calls one account method and builds one view model; it returns every
// error to Error, the only place where an error becomes a status and a page.
package handlers
