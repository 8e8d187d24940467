"""The words of code phrases: 382, which differ by ear and by spelling.

Any two of them are at least three letters apart, begin differently within four letters, and are
at least two sounds apart where sounds that a telephone makes alike count as the same (b and p, d
and t, m and n, s, z and sh, f, v and th, all vowels): tests/meet/test_codes.py holds that. They
were picked for this, by a search over common names of things.
"""

from __future__ import annotations

from typing import Final

__all__ = ["WORDS"]

_TEXT: Final = """
accordion admiral airport aluminum amber ambulance apricot apron aquarium arctic armchair asphalt
aspirin asteroid astronaut atlas avocado backpack badger ballerina banana bandage barley baseball
beaker bedroom bicycle biscuit bishop blizzard blossom blueberry bookshelf boomerang bracelet
bramble bridge broccoli buffalo buttercup calendar campfire candle cannon captain cardigan
carnival carousel carpet cashew cathedral champagne chestnut chipmunk cinnamon circus clarinet
cobbler cobweb coconut coffee compost concert cormorant corridor cottage crab crocodile crumpet
crystal cucumber cyclone daffodil daisy dentist diamond dinosaur doctor dolphin doorbell dragonfly
driftwood drummer eagle earring eclipse eggplant elephant elevator emerald engine envelope equator
evening fabric farmer ferry festival fireplace fjord flamingo flannel flower flute football forest
fossil fragrance freckle frisbee frog furnace galaxy gallery garlic gazelle giant giraffe glacier
gladiator goggles goldfish granite gravel guitar gymnast gypsum halibut hammock hamster harmony
harpoon harvest haystack hazelnut hedgehog helmet hilltop horizon horseshoe hospital hubcap
hurricane husky iceberg insect island jasmine jazz jellyfish jewel jigsaw jockey jungle juniper
kangaroo kayak kernel kidney kingdom knapsack ladybug lantern laptop larch lavender leather
lemonade leopard library licorice lilac limousine llama lotus luggage lullaby lunchbox lynx
macaroni magnolia magpie mahogany mailbox mammoth mandarin marathon marble marigold marmalade
marzipan mattress meadow mechanic melon merchant mermaid milkshake mineral mirror molasses
molecule monsoon moonlight mosquito mulberry mushroom mustang napkin narwhal necklace needle novel
nugget nutmeg oatmeal obelisk ocean octagon octopus olive omelet opera orange orchid ostrich
pajamas palace pancake panda panther papaya paprika parachute parrot partridge passport pasture
pelican pencil pendulum perfume persimmon pineapple planet plaster platypus plumber polka popcorn
porcupine postcard potato powder prairie prism propeller pudding pumpkin pyramid python quartz
quicksand quilt quince quiver radio railway rainbow raspberry receipt referee rhubarb robot
rooftop rooster rosemary rucksack salmon sandwich sapphire sardine satellite satin sausage savanna
sawdust saxophone scarf scissors scorpion sculptor seahorse shampoo shepherd shrimp silver
skeleton skylark sleigh snail snorkel snowflake sombrero spatula spinach spiral sponge squid
staircase stallion starfish statue stocking stopwatch submarine suitcase sunflower sunset
surfboard swallow swan sweater sycamore syrup tadpole tandem tango tapestry tarantula teaspoon
telescope temple termite terrace thistle ticket tobacco topaz treasure trellis triangle trombone
tropical truffle tundra tunnel turnip turquoise turtle tuxedo tweezers twilight umbrella unicorn
universe vacuum vanilla veranda vinegar violet volcano vulture waffle walrus wasabi waterfall
weekend whirlpool wigwam wildcat windmill winter wizard wombat xylophone yeast yellow yogurt zebra
zeppelin zipper
"""

WORDS: Final = tuple(_TEXT.split())
