module goweb.test/real/pause

go 1.24
