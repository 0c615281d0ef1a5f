// Package templates holds the pages of the portal: for each page one view
// model, which a handler fills, and one templ component that draws it.
//
// A view model is a plain value with no behaviour of its own. The templates
// never fetch and never decide: whether a method may be removed, whether a
// proof is still good, which sentence explains a wrong code is settled before
// the view model is built. Sentences come from package i18n only, URLs from
// package site only.
//
// Each page exists twice: Full is the whole document, Main is its
// <main id="main"> element alone, which htmx swaps in. Both are made from the
// same template.
package templates
