# For habit: every target is the tool of the same name.
.PHONY: run build test bench lint format
run build test bench lint format:
	@./tools/$@
