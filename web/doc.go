// Package web assembles the site: middleware in order, the table of routes with
// the guards of each group, the headers, and the servers with their limits. It
// decides nothing about users; that is package account's.
package web
